# An agent composed from the packages: samples/CustomAgent/Program.cs is all there is of it.
printf '%sAn agent of your own, in %s lines.%s\n' "$bold" "$(cat samples/CustomAgent/*.cs | wc -l)" "$plain"
step "1. Build it"
begin
build samples/CustomAgent CustomAgent

step "2. Two hosts, and the agent on each"
make_hosts a b
write_configuration <<<'{ "Network": "10.244.0.0/16", "EnableNFTables": true, "Backend": { "Type": "vxlan" } }'
for host in a b; do
  launch "$host" "$built" --folder "$work/$host" --net-conf "$work/net-conf.json" --store "$work/leases.db"
  within 30 has_subnet "$host"
  say "agent on $host   leased $(subnets_of "$host")"
done
for host in a b; do make_workload "$host"; done

step "3. Its workloads reach each other"
ping_all_pairs
show_host a

step "4. What its own code said on host a"
within 10 grep -q "$(environment_of b FLANNEL_SUBNET | sed 's/\.1\//.0\//')" "$work/a.log"
grep announcer "$work/a.log" | indent
