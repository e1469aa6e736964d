# Three nodes, one overlay, and nobody on the way can read it.
case ${1:-} in
  "") network='"Network": "10.244.0.0/16"' ;;
  --dual) network='"EnableIPv6": true, "Network": "10.244.0.0/16", "IPv6Network": "fd00:244::/48"' ;;
  *) fail "samples/run wireguard [--dual]" ;;
esac

printf '%sThe quick start with encryption: a wireguard overlay between three hosts.%s\n' "$bold" "$plain"
step "1. Build the agent"
begin tcpdump
build_agent

step "2. Three hosts on one Ethernet (network namespaces)"
make_hosts a b c

step "3. Somebody listens to everything on that Ethernet, from before the first packet"
command_line "tcpdump -i lan -w wire.pcap"
on lan tcpdump -n -i lan -U -w "$work/wire.pcap" 2>"$work/wire.err" &
within 10 grep -q listening "$work/wire.err"

step "4. An agent on each. Where the kernel has no WireGuard, overlayd carries the packets itself"
write_configuration <<<"{ $network, \"EnableNFTables\": true, \"Backend\": { \"Type\": \"wireguard\" } }"
for host in a b c; do start_agent "$host" --ip-masq; done
command_line "overlayd status                  # on host a"
control a status | sed -n 's/^network .*/&/p' | indent

step "5. A workload on each; every one reaches every other"
for host in a b c; do make_workload "$host"; done
ping_all_pairs

step "6. The MTU is exact: 60 bytes less than the Ethernet's over IPv4, 80 over IPv6"
show_mtu a b

step "7. The workloads say something that is easy to recognise"
secret="the-quick-brown-" # ping repeats 16 bytes in each packet
pattern=$(printf %s "$secret" | od -An -tx1 | tr -d ' \n')
command_line "ping -p $pattern $(address_of b 4)      # \"$secret\" in each packet, from workload a"
on a-pod ping -c 20 -i 0.01 -W 2 -q -p "$pattern" "$(address_of b 4)" | grep received | indent
command_line "ping -p ... 192.0.2.2                      # and once from host to host, past the tunnel: the listener's test"
on a ping -c 1 -W 2 -q -p "$(printf listener-listens | od -An -tx1 | tr -d ' \n')" 192.0.2.2 >/dev/null

step "8. Somebody deletes the device while packets flow; they are refused, not sent in clear, until overlayd has put it back"
on a-pod ping -w 4 -i 0.01 -W 1 -q -p "$pattern" "$(address_of b 4)" >"$work/steady" 2>&1 &
steady=$!
command_line "ip link delete flannel-wg"
on a ip link delete flannel-wg
within 10 on a-pod ping -c 1 -W 1 -q -p "$pattern" "$(address_of b 4)"
wait "$steady" || true
grep received "$work/steady" | indent

step "9. Host c leaves, while its workload goes on sending"
on c-pod ping -w 4 -i 0.01 -W 1 -q -p "$pattern" "$(address_of a 4)" >/dev/null 2>&1 &
steady=$!
command_line "overlayd leave                   # on host c"
control c leave | indent
wait "$steady" || true

step "10. What the listener has heard"
packets() { tcpdump -n -r "$work/wire.pcap" "$1" 2>/dev/null | wc -l; }
within 10 grep -q -a -F "listener-listens" "$work/wire.pcap"
good "$(packets 'udp port 51820 or udp port 51821') WireGuard packets, and the words \"listener-listens\" that went past the tunnel"
[ "$(packets 'net 10.244.0.0/16 or net fd00:244::/48')" -eq 0 ] || fail "packets with addresses of workloads were on the Ethernet"
good "0 packets with an address of a workload"
if grep -q -a -F "$secret" "$work/wire.pcap"; then fail "\"$secret\" was on the Ethernet in clear"; fi
good "the words \"$secret\": nowhere"

step "Done: packets crossed between workloads, and only the workloads could read them."
say "Next: samples/run wireguard-tunnel shows the same library without an agent."
