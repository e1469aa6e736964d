# Shell functions of the samples: a network of hosts on this machine, agents on them, workloads, and the tidying up. Sourced by samples/run.
#
#   lan (a namespace with a bridge) --- eth0 of host a --- cni0 --- eth0 of workload a
#                                  \--- eth0 of host b --- ...
#
# Everything is named ovqs-<pid>-..., lives in namespaces and ends with this process.

prefix=ovqs-$$
work=""            # the folder of this run: stores, logs, subnet.env
overlayd=""        # the agent that build_agent made
declare -A agents  # host -> process id
hosts=()

# ---- talking to the reader

if [ -t 1 ]; then bold=$'\e[1m' dim=$'\e[2m' green=$'\e[32m' red=$'\e[31m' plain=$'\e[0m'; else bold="" dim="" green="" red="" plain=""; fi

step() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
say() { printf '  %s\n' "$*"; }
good() { printf '  %s%s%s\n' "$green" "$*" "$plain"; }
command_line() { printf '  %s$ %s%s\n' "$dim" "$*" "$plain"; }
indent() { sed 's/^/    /'; }
fail() { printf '%s%s%s\n' "$red" "$*" "$plain" >&2; exit 1; }

# Runs the command until it succeeds; after SECONDS it shows what the command said last, and the sample fails.
within() { # SECONDS COMMAND...
  local limit=$1 began=$SECONDS said=""
  shift
  until said=$("$@" 2>&1); do
    if [ $((SECONDS - began)) -ge "$limit" ]; then
      printf '%s\n' "$said" >&2
      fail "not within $limit s: $*"
    fi
    sleep 0.05
  done
}

milliseconds() { local now=${EPOCHREALTIME/[.,]/}; echo $((now / 1000)); }

# ---- beginning and end

begin() {
  [ "$(uname -s)" = Linux ] || fail "The samples need Linux; this is $(uname -s)."
  [ "$(id -u)" -eq 0 ] || fail "The samples make network namespaces and therefore need root: sudo samples/run ..."
  command -v dotnet >/dev/null || fail "The .NET 10 SDK is missing: https://dotnet.microsoft.com/download"
  work=$(mktemp -d "/tmp/$prefix-XXXXXX")
  trap 'finish $?' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  eng/install-missing ip bridge ping ps nsenter nft "$@"
  ip netns add "$prefix-probe" 2>"$work/netns" || fail "This machine lets nobody make network namespaces ($(cat "$work/netns")). In a container: --privileged, or CAP_SYS_ADMIN and CAP_NET_ADMIN."
  ip netns delete "$prefix-probe"
}

finish() { # STATUS
  local log host namespace
  trap '' INT TERM HUP
  trap - EXIT
  set +e
  if [ "$1" -ne 0 ] && [ "$1" -ne 130 ]; then
    for log in "$work"/*.log; do [ -s "$log" ] && { echo "--- the end of ${log##*/}"; tail -15 "$log"; } >&2; done
  fi
  if [ "$(type -t cleanup)" = function ]; then cleanup; fi
  for host in "${!agents[@]}"; do stop_agent "$host"; done
  for namespace in $(ip netns list | awk -v p="$prefix-" 'index($1, p) == 1 { print $1 }'); do
    kill_inside "$namespace"
    ip netns delete "$namespace"
  done
  rm -rf "$work"
  step "Cleaned up: agents, namespaces and files of this sample are gone."
  exit "$1"
}

kill_inside() { # NAMESPACE : only what this sample started can be in a namespace that it made
  local process
  for process in $(ip netns pids "$1" 2>/dev/null); do kill -KILL "$process" 2>/dev/null; done
}

# A plain framework-dependent build: it needs neither a C compiler nor the NativeAOT compiler's download, and takes seconds where those take
# minutes on a fresh machine. What is shipped is `dotnet publish -r linux-x64`, which gives the same agent as one native file.
build() { # PROJECT-FOLDER NAME : publishes it and sets $built
  local began=$SECONDS
  built=$PWD/artifacts/samples/$2/$2
  dotnet publish "$1" -c Release -p:PublishAot=false -p:RunAnalyzers=false -o "artifacts/samples/$2" -v quiet --nologo >"$work/build" 2>&1 || { cat "$work/build"; fail "The build failed."; }
  say "$2 is built ($((SECONDS - began)) s)."
}

build_agent() { build src/Overlay.Agent overlayd; overlayd=$built; }

# ---- hosts

on() { # HOST COMMAND... : runs it in the host's network namespace
  local host=$1
  shift
  nsenter --net="/run/netns/$prefix-$host" "$@"
}

# Hosts a, b, c ... on one Ethernet, 192.0.2.x and 2001:db8::x, with a default route as real hosts have one.
make_hosts() { # NAME...
  make_lan lan
  local host number=0
  for host in "$@"; do
    number=$((number + 1))
    make_host "$host" lan "192.0.2.$number/24" 192.0.2.254
    on "$host" ip address add "2001:db8::$number/64" dev eth0 nodad
    on "$host" ip -6 route add default via 2001:db8::fe
    say "host $host   192.0.2.$number   2001:db8::$number"
  done
}

make_lan() { # NAME : an Ethernet is a bridge in a namespace of its own
  ip netns add "$prefix-$1"
  on "$1" ip link add lan type bridge
  on "$1" ip link set lan up
}

make_host() { # NAME LAN ADDRESS GATEWAY
  hosts+=("$1")
  ip netns add "$prefix-$1"
  on "$1" ip link set lo up
  plug "$1" eth0 "$2" "$3"
  on "$1" ip route add default via "$4"
}

plug() { # HOST INTERFACE LAN ADDRESS
  on "$3" ip link add "port-$1" type veth peer name "$2" netns "$prefix-$1"
  on "$3" ip link set "port-$1" master lan up
  on "$1" ip address add "$4" dev "$2"
  on "$1" ip link set "$2" up
}

# ---- agents

write_configuration() { cat >"$work/net-conf.json"; indent <"$work/net-conf.json"; }

# nsenter becomes the program, so the process id is the program's own.
launch() { # HOST PROGRAM ARGUMENT...
  local host=$1
  shift
  mkdir -p "$work/$host"
  nsenter --net="/run/netns/$prefix-$host" "$@" >>"$work/$host.log" 2>&1 &
  agents[$host]=$!
}

has_subnet() { kill -0 "${agents[$1]}" && [ -s "$work/$1/subnet.env" ]; } # HOST

agent_options() { # HOST : where this host's agent keeps its things
  printf '%s\n' --store "sqlite:$work/leases.db" --net-config-path "$work/net-conf.json" --subnet-file "$work/$1/subnet.env" \
    --state-dir "$work/$1/state" --control-socket "$work/$1/overlayd.sock"
}

start_agent() { # HOST OPTION...
  local host=$1 options began
  shift
  mapfile -t options < <(agent_options "$host")
  began=$(milliseconds)
  launch "$host" "$overlayd" "${options[@]}" "$@"
  within 30 is_ready "$host"
  say "overlayd on $host   leased $(subnets_of "$host")   ready after $(($(milliseconds) - began)) ms"
}

is_ready() { # HOST
  has_subnet "$1" && control "$1" status >"$work/$1/status" && grep -q ': ready' "$work/$1/status"
}

control() { # HOST COMMAND OPTION... : overlayd status, plan, leave
  local host=$1 verb=$2
  shift 2
  on "$host" "$overlayd" "$verb" --control-socket "$work/$host/overlayd.sock" "$@"
}

stop_agent() { # HOST
  local process=${agents[$1]}
  unset "agents[$1]"
  kill -TERM "$process" 2>/dev/null || return 0
  local tries=0
  while kill -0 "$process" 2>/dev/null && [ $tries -lt 100 ]; do sleep 0.05; tries=$((tries + 1)); done
  kill -KILL "$process" 2>/dev/null || true
  wait "$process" 2>/dev/null || true
}

environment_of() { # HOST KEY : a value of the host's subnet.env, or nothing
  sed -n "s/^$2=//p" "$work/$1/subnet.env"
}

subnets_of() { # HOST
  echo "$(environment_of "$1" FLANNEL_SUBNET)" "$(environment_of "$1" FLANNEL_IPV6_SUBNET)" | xargs | sed 's/ /  /'
}

# ---- workloads: what a CNI plugin does with subnet.env

make_workload() { # HOST
  local host=$1 pod=$1-pod gateway gateway6 mtu
  gateway=$(environment_of "$host" FLANNEL_SUBNET)
  gateway6=$(environment_of "$host" FLANNEL_IPV6_SUBNET)
  mtu=$(environment_of "$host" FLANNEL_MTU)
  ip netns add "$prefix-$pod"
  on "$host" ip link add cni0 type bridge
  on "$host" ip link add pod0 mtu "$mtu" type veth peer name eth0 mtu "$mtu" netns "$prefix-$pod"
  on "$host" ip link set pod0 master cni0 up
  on "$host" ip link set cni0 mtu "$mtu" up
  on "$pod" ip link set lo up
  on "$pod" ip link set eth0 up
  if [ -n "$gateway" ]; then
    on "$host" ip address add "$gateway" dev cni0
    on "$pod" ip address add "$(address_of "$host" 4)/${gateway#*/}" dev eth0
    on "$pod" ip route add default via "${gateway%/*}"
  fi
  if [ -n "$gateway6" ]; then
    on "$host" ip address add "$gateway6" dev cni0 nodad
    on "$pod" ip address add "$(address_of "$host" 6)/${gateway6#*/}" dev eth0 nodad
    on "$pod" ip -6 route add default via "${gateway6%/*}"
  fi
}

address_of() { # HOST 4|6 : its workload's address, the one after the gateway; nothing when the network lacks the family
  local key=FLANNEL_SUBNET gateway
  [ "$2" = 4 ] || key=FLANNEL_IPV6_SUBNET
  gateway=$(environment_of "$1" $key)
  gateway=${gateway%/*}
  [ -z "$gateway" ] || echo "${gateway%1}2"
}

# ---- traffic

ping_all_pairs() {
  local from to family address
  for family in 4 6; do
    [ -n "$(address_of "${hosts[0]}" $family)" ] || continue
    for from in "${hosts[@]}"; do
      for to in "${hosts[@]}"; do
        [ "$from" != "$to" ] || continue
        address=$(address_of "$to" $family)
        within 10 on "$from-pod" ping -$family -c 1 -W 1 -q "$address"
        say "workload $from -> workload $to   $address   $(on "$from-pod" ping -$family -c 3 -i 0.05 -W 1 -q "$address" | sed -n 's/^rtt[^=]*= [^/]*\/\([^/]*\).*/\1 ms/p')"
      done
    done
  done
}

# The largest packet passes unfragmented; one byte more is refused, and the refusal names the MTU.
show_mtu() { # FROM TO
  local family address headers fits refusal mtu
  mtu=$(environment_of "$1" FLANNEL_MTU)
  for family in 4 6; do
    address=$(address_of "$2" $family)
    [ -n "$address" ] || continue
    headers=28
    [ $family = 4 ] || headers=48
    fits=$((mtu - headers))
    command_line "ping -$family -M do -s $fits $address"
    on "$1-pod" ping -$family -M do -s $fits -c 1 -W 2 -q "$address" >/dev/null || fail "$fits bytes with DF do not pass from $1 to $2"
    good "$fits bytes with DF pass (+ $headers bytes of headers = $mtu)"
    command_line "ping -$family -M do -s $((fits + 1)) $address"
    if refusal=$(on "$1-pod" ping -$family -M do -s $((fits + 1)) -c 1 -W 2 "$address" 2>&1); then fail "$((fits + 1)) bytes with DF pass from $1 to $2, although the MTU is $mtu"; fi
    refusal=$(grep -o 'mtu *[=:] *[0-9]*' <<<"$refusal" | head -1)
    [ "${refusal//[^0-9]/}" = "$mtu" ] || fail "$((fits + 1)) bytes with DF were refused without naming the MTU $mtu: $refusal"
    good "$((fits + 1)) bytes with DF are refused: $refusal"
  done
}

# What the agent has made on a host, in the kernel's own words.
show_host() { # HOST
  local host=$1 device
  command_line "ip route show proto 111          # 111 is the route protocol of overlayd"
  { on "$host" ip -4 route show proto 111; on "$host" ip -6 route show proto 111; } | indent
  for device in $(on "$host" ip -o link show type vxlan | sed 's/^[0-9]*: \([^:@]*\).*/\1/'); do
    command_line "bridge fdb show dev $device"
    on "$host" bridge fdb show dev "$device" | indent
  done
  command_line "cat subnet.env"
  indent <"$work/$host/subnet.env"
}

# Prints the first packet that FILTER matches on a host's eth0 while COMMAND runs there in the workload: what is really on the wire.
show_wire() { # HOST WORKLOAD FILTER COMMAND...
  local host=$1 workload=$2 filter=$3 capture
  shift 3
  command_line "tcpdump -n -i eth0 '$filter'     # on host $host, while workload $workload runs: $*"
  on "$host" tcpdump -n -l -t -c 1 -i eth0 "$filter" >"$work/wire" 2>"$work/wire.err" &
  capture=$!
  within 10 grep -q listening "$work/wire.err"
  on "$workload-pod" "$@" >/dev/null
  wait "$capture"
  indent <"$work/wire"
}

# A host leaves for good: its lease is released, and its peers drop what led there.
leave() { # HOST WITNESS
  local host=$1 witness=$2 subnets began
  subnets=$(subnets_of "$host")
  local gone4 gone6
  gone4=$(environment_of "$host" FLANNEL_SUBNET)
  gone6=$(environment_of "$host" FLANNEL_IPV6_SUBNET)
  command_line "overlayd leave                   # on host $host"
  began=$(milliseconds)
  control "$host" leave >"$work/leave" 2>&1 || { cat "$work/leave"; fail "overlayd leave failed on $host"; }
  indent <"$work/leave"
  within 10 has_no_route "$witness" "${gone4%.*/*}." "${gone6%1/*}"
  good "host $witness has dropped $subnets, $(($(milliseconds) - began)) ms after the command began"
  stop_agent "$host"
  [ -z "$(on "$host" ip -o link show type vxlan)" ] || fail "a VXLAN device stands on $host although it has left"
}

has_no_route() { # HOST PREFIX4 PREFIX6 : beginnings of text; an empty one matches nothing
  local routes
  routes=$(on "$1" ip -4 route show proto 111; on "$1" ip -6 route show proto 111)
  { [ "$2" = . ] || ! grep -qF "$2" <<<"$routes"; } && { [ -z "$3" ] || ! grep -qF "$3" <<<"$routes"; }
}
