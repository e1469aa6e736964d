# The host-gw backend: no tunnel, and what becomes of a peer that is not on the same Ethernet.
printf '%sThe host-gw backend: the peers themselves are the gateways.%s\n' "$bold" "$plain"
step "1. Hosts a and b on one Ethernet, host c behind a router"
begin tcpdump
build_agent
make_hosts a b
make_lan far
make_host c far 198.51.100.3/24 198.51.100.254
say "host c   198.51.100.3"
ip netns add "$prefix-router"
plug router eth0 lan 192.0.2.254/24
plug router eth1 far 198.51.100.254/24
on router sysctl -qw net.ipv4.ip_forward=1

step "2. An agent on each"
write_configuration <<<'{ "Network": "10.244.0.0/16", "EnableNFTables": true, "Backend": { "Type": "host-gw" } }'
for host in a b c; do start_agent "$host"; done
for host in a b; do make_workload "$host"; done

step "3. The route to a peer is all there is, and the whole MTU is the workloads'"
show_host a
hosts=(a b)
ping_all_pairs
show_mtu a b
show_wire b a icmp ping -c 1 -W 2 "$(address_of b 4)"

step "4. Host c cannot be a gateway for a: the agent says so, and what would help"
command_line "overlayd status"
control a status | indent
control a status | grep -q 198.51.100.3 || fail "overlayd status on a does not name the peer that it refuses"
