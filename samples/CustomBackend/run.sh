# A backend of one's own: a star whose hub is host a. Hosts b and c cannot reach each other, and their workloads can.
printf '%sA backend of your own: all traffic goes by way of a hub.%s\n' "$bold" "$plain"
step "1. Build it"
begin
build samples/CustomBackend CustomBackend

step "2. Three hosts; the ports of b and c are isolated from each other, as in a private VLAN"
make_hosts a b c
for host in b c; do on lan bridge link set dev "port-$host" isolated on; done
command_line "ping 192.0.2.3      # from host b to host c"
if on b ping -c 1 -W 1 -q 192.0.2.3 >/dev/null; then fail "b reaches c"; fi
good "no answer"

step "3. The hub backend on each"
write_configuration <<<'{ "Network": "10.244.0.0/16", "EnableNFTables": true, "Backend": { "Type": "hub", "Hub": "192.0.2.1" } }'
for host in a b c; do
  launch "$host" "$built" --folder "$work/$host" --net-conf "$work/net-conf.json" --store "$work/leases.db"
  within 30 has_subnet "$host"
  say "agent on $host   leased $(subnets_of "$host")"
done
for host in a b c; do make_workload "$host"; done

step "4. Every workload reaches every other one"
ping_all_pairs

step "5. The routes that HubPlanner has planned: for the hub, and for b"
show_host a
show_host b
