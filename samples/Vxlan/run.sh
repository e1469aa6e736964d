# The VXLAN backend: what it puts into the kernel and on the wire, what DirectRouting changes, and how it repairs what others break.
printf '%sThe vxlan backend, with a VNI and a port of our own.%s\n' "$bold" "$plain"
step "1. Two hosts on one Ethernet"
begin tcpdump
build_agent
make_hosts a b

step "2. VXLAN 42 over UDP port 4789 (flannel's defaults are 1 and 8472)"
write_configuration <<<'{ "Network": "10.244.0.0/16", "EnableNFTables": true, "Backend": { "Type": "vxlan", "VNI": 42, "Port": 4789 } }'
for host in a b; do start_agent "$host"; make_workload "$host"; done
ping_all_pairs

step "3. One device, and three entries for each peer: a route, a neighbour, a forwarding entry"
command_line "ip -d link show flannel.42"
on a ip -d link show flannel.42 | indent
show_host a
command_line "ip neighbour show dev flannel.42"
on a ip neighbour show dev flannel.42 nud permanent | indent

step "4. On the wire: the workload's packet inside UDP"
show_wire b a 'udp port 4789' ping -c 1 -W 2 "$(address_of b 4)"

step "5. Somebody deletes the device; overlayd puts it back with all its entries"
command_line "ip link delete flannel.42"
began=$(milliseconds)
on a ip link delete flannel.42
within 5 on a-pod ping -c 1 -W 1 -q "$(address_of b 4)"
good "workload a reaches workload b again, $(($(milliseconds) - began)) ms later"

step "6. DirectRouting: peers on the same Ethernet need no tunnel. The agents are started again and keep their leases"
write_configuration <<<'{ "Network": "10.244.0.0/16", "EnableNFTables": true, "Backend": { "Type": "vxlan", "VNI": 42, "Port": 4789, "DirectRouting": true } }'
for host in a b; do stop_agent "$host"; start_agent "$host"; done
show_host a
show_wire b a icmp ping -c 1 -W 2 "$(address_of b 4)"
