# Three nodes, one overlay: the main job, start to end.
case ${1:-} in
  "") network='"Network": "10.244.0.0/16"' ;;
  --dual) network='"EnableIPv6": true, "Network": "10.244.0.0/16", "IPv6Network": "fd00:244::/48"' ;;
  --ipv6) network='"EnableIPv4": false, "EnableIPv6": true, "IPv6Network": "fd00:244::/48"' ;;
  *) fail "samples/run quickstart [--dual | --ipv6]" ;;
esac

printf '%sThree hosts on this machine, an overlay between their workloads.%s\n' "$bold" "$plain"
step "1. Build the agent"
begin
build_agent

step "2. Three hosts on one Ethernet (network namespaces)"
make_hosts a b c

step "3. An agent on each. They find each other in one SQLite file; a cluster would use etcd or Kubernetes"
write_configuration <<<"{ $network, \"EnableNFTables\": true, \"Backend\": { \"Type\": \"vxlan\" } }"
command_line "overlayd --store sqlite:leases.db --net-config-path net-conf.json --ip-masq"
for host in a b c; do start_agent "$host" --ip-masq; done

step "4. A workload on each, attached as subnet.env says"
for host in a b c; do make_workload "$host"; say "workload $host   $(echo "$(address_of "$host" 4)" "$(address_of "$host" 6)" | xargs)"; done

step "5. Every workload reaches every other one"
ping_all_pairs

step "6. The MTU is exact"
show_mtu a b

step "7. What the agent has made on host a"
show_host a

step "8. Host c leaves"
leave c a

step "Done: packets crossed between workloads over a VXLAN that overlayd made."
say "Next: samples/run vxlan, samples/run host-gw, or write your own agent: samples/CustomAgent."
