# A cluster: three hosts that are three members of an etcd, and an agent on each. A member is killed under traffic.
[ -z "${1:-}" ] || fail "samples/run etcd"

printf '%sThree hosts, a three-member etcd on them, an overlay between their workloads.%s\n' "$bold" "$plain"
step "1. Build the agent"
begin etcd etcdctl
build_agent

step "2. Three hosts on one Ethernet (network namespaces)"
make_hosts a b c

step "3. A member of etcd on each"
declare -A number=([a]=1 [b]=2 [c]=3)
endpoints=http://192.0.2.1:2379,http://192.0.2.2:2379,http://192.0.2.3:2379
start_member() { # HOST : its process ends with the host's namespace
  local url=http://192.0.2.${number[$1]}
  on "$1" etcd --name "$1" --data-dir "$work/$1/etcd" --logger zap --log-outputs stderr --initial-cluster-token "$prefix" --initial-cluster-state new \
    --listen-client-urls "$url:2379" --advertise-client-urls "$url:2379" --listen-peer-urls "$url:2380" --initial-advertise-peer-urls "$url:2380" \
    --initial-cluster a=http://192.0.2.1:2380,b=http://192.0.2.2:2380,c=http://192.0.2.3:2380 >>"$work/$1-etcd.log" 2>&1 &
  members[$1]=$!
}
declare -A members
for host in a b c; do mkdir -p "$work/$host"; start_member "$host"; done
ctl() { on b etcdctl --endpoints "$endpoints" "$@"; }
within 60 ctl endpoint health
ctl member list | indent

step "4. The network's configuration goes to etcd, under flannel's key"
configuration='{ "Network": "10.244.0.0/16", "EnableNFTables": true, "Backend": { "Type": "vxlan" } }'
command_line "etcdctl put /coreos.com/network/config '$configuration'"
ctl put /coreos.com/network/config "$configuration" | indent

step "5. An agent on each, with flannel's flags"
command_line "overlayd --etcd-endpoints $endpoints --ip-masq"
agent_options() { # HOST : no file for leases or configuration: they are in etcd
  printf '%s\n' --etcd-endpoints "$endpoints" --subnet-file "$work/$1/subnet.env" --state-dir "$work/$1/state" --control-socket "$work/$1/overlayd.sock"
}
for host in a b c; do start_agent "$host" --ip-masq; done
command_line "etcdctl get --prefix /coreos.com/network/subnets/"
ctl get --prefix /coreos.com/network/subnets/ | indent

step "6. A workload on each; every one reaches every other"
for host in a b c; do make_workload "$host"; say "workload $host   $(address_of "$host" 4)"; done
ping_all_pairs

step "7. The member on host a is killed while workload b pings workload c"
on b-pod ping -q -i 0.02 -w 15 "$(address_of c 4)" >"$work/pings" 2>&1 &
pinging=$!
kill -KILL "${members[a]}"
wait "${members[a]}" 2>/dev/null || true
say "killed; a node that runs flanneld now writes its lease to the other two"
peer='{"PublicIP":"192.0.2.9","PublicIPv6":null,"BackendType":"vxlan","BackendData":{"VNI":1,"VtepMAC":"02:42:c0:00:02:09"}}'
within 30 ctl --endpoints http://192.0.2.2:2379,http://192.0.2.3:2379 put /coreos.com/network/subnets/10.244.200.0-24 "$peer"
has_route() { on "$1" ip route show | grep -q '^10.244.200.0/24 '; }
for host in a b c; do within 30 has_route "$host"; good "the agent on host $host has it, also where the member is dead"; done
on a ip route show 10.244.200.0/24 | indent
wait "$pinging" || true
grep 'packet loss' "$work/pings" | indent
grep -q ' 0% packet loss' "$work/pings" || fail "packets were lost"
good "no packet was lost"

step "8. The member comes back"
start_member a
within 60 on b etcdctl --endpoints http://192.0.2.1:2379 endpoint health
good "and serves again"

step "Done: etcd is where nodes find each other; packets do not pass by it."
say "Real flanneld nodes on the same etcd prefix are peers like these."
