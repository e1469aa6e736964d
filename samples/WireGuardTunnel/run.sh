# The library alone: a program of less than 60 lines opens two WireGuard interfaces and joins them.
printf '%sA WireGuard tunnel without an agent: two interfaces of one .NET program.%s\n' "$bold" "$plain"
step "1. Build it"
begin tcpdump wg
build samples/WireGuardTunnel WireGuardTunnel

step "2. Two hosts on one Ethernet (network namespaces)"
make_hosts a b

step "3. The program opens an interface on each, with a key and the other as its peer"
command_line "WireGuardTunnel a b"
coproc program { exec "$built" "$prefix-a" "$prefix-b" 2>"$work/program.log"; }
read -r -t 30 answer <&"${program[0]}" && [ "$answer" = ready ] || { cat "$work/program.log"; fail "the program is not ready"; }
number=0
for host in a b; do
  number=$((number + 1))
  on "$host" ip address add "10.99.0.$number/24" dev wg0
  on "$host" ip link set wg0 up
  command_line "ip address add 10.99.0.$number/24 dev wg0; ip link set wg0 up     # on host $host"
done

step "4. They reach each other through the tunnel"
within 10 on a ping -c 1 -W 1 -q 10.99.0.2
on a ping -c 3 -i 0.1 -W 1 10.99.0.2 | indent
on a tcpdump -n -l -t -c 2 -i eth0 'udp port 51820' >"$work/wire" 2>"$work/wire.err" &
capture=$!
within 10 grep -q listening "$work/wire.err"
on a ping -c 1 -W 1 -q 10.99.0.2 >/dev/null
wait "$capture"
command_line "tcpdump -n -i eth0 'udp port 51820'     # on host a: what is on the wire"
indent <"$work/wire"

step "5. What the program has counted"
echo >&"${program[1]}"
for _ in a b; do read -r -t 10 answer <&"${program[0]}"; say "$answer"; done

step "6. The program ends, and the interfaces with it"
exec {program[1]}>&-
wait "$program_PID" || fail "the program ended with status $?"
if on a ip link show wg0 2>/dev/null; then fail "wg0 is left on host a"; fi
good "wg0 is gone"
