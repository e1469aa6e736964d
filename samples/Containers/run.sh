# The QuickStart with real containers: podman and runc run them, overlay-cni attaches them, overlayd carries their packets.
printf '%sThree hosts on this machine, containers on each, an overlay between them.%s\n' "$bold" "$plain"
step "1. Build the agent and the CNI plugin"
begin podman runc iptables busybox-static /usr/lib/cni/portmap
build_agent
build src/Overlay.Cni overlay-cni
plugins=$(dirname "$built")

# podman with a store of its own for each host. crun cannot make the cgroup that it wants in a container; runc can do without.
podman_on() { # HOST ARGUMENT...
  local host=$1
  shift
  CONTAINERS_CONF=$work/$host/containers.conf on "$host" podman --storage-driver vfs --root "$work/$host/podman" --runroot "$work/$host/run" --tmpdir "$work/$host/run/tmp" "$@"
}

cleanup() { # lib.sh calls it first
  local host container
  for host in "${hosts[@]}"; do
    [ -d "$work/$host/podman" ] || continue
    for container in $(podman_on "$host" ps -aq 2>/dev/null); do podman_on "$host" rm -f -t 0 "$container" >/dev/null 2>&1; done
  done
}

make_root_folder() { # HOST : a root folder of busybox alone
  local applet
  mkdir -p "$work/$1"/rootfs/{bin,dev,etc,proc,sys,tmp}
  cp "$(command -v busybox)" "$work/$1/rootfs/bin/busybox"
  for applet in sh ping httpd wget ip; do ln -s busybox "$work/$1/rootfs/bin/$applet"; done
}

configure_podman() { # HOST
  mkdir -p "$work/$1/net.d"
  cat >"$work/$1/containers.conf" <<END
[network]
network_backend = "cni"
network_config_dir = "$work/$1/net.d"
cni_plugin_dirs = ["$plugins", "/usr/lib/cni"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "none"
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
END
  cat >"$work/$1/net.d/10-overlay.conflist" <<END
{ "cniVersion": "1.0.0", "name": "overlay", "plugins": [
  { "type": "overlay-cni", "subnetFile": "$work/$1/subnet.env", "dataDir": "$work/$1/cni", "controlSocket": "$work/$1/overlayd.sock",
    "delegate": { "hairpinMode": true, "isDefaultGateway": true } },
  { "type": "portmap", "capabilities": { "portMappings": true }, "snat": true } ] }
END
}

run_container() { # HOST OPTION... : a web server that answers with the host's name; its address goes to $addresses
  local host=$1
  shift
  podman_on "$host" run -d --name "web-$host" --cap-add NET_RAW --network overlay "$@" --rootfs "$work/$host/rootfs" \
    /bin/sh -c "echo 'a page from container web-$host' >/tmp/index.html; exec /bin/httpd -f -p 80 -h /tmp" >"$work/podman.log" 2>&1 || { cat "$work/podman.log"; fail "podman run failed on $host"; }
  addresses[$host]=$(podman_on "$host" inspect "web-$host" --format '{{.NetworkSettings.Networks.overlay.IPAddress}}')
  say "container web-$host   ${addresses[$host]}"
}

inside() { # HOST COMMAND...
  local host=$1
  shift
  podman_on "$host" exec "web-$host" "$@"
}

step "2. Three hosts on one Ethernet (network namespaces), an agent on each"
make_hosts a b c
write_configuration <<<'{ "Network": "10.244.0.0/16", "EnableNFTables": true, "Backend": { "Type": "vxlan" } }'
for host in a b c; do start_agent "$host" --ip-masq; done

step "3. The network configuration that podman reads on host a"
declare -A addresses
for host in a b c; do make_root_folder "$host"; configure_podman "$host"; done
indent <"$work/a/net.d/10-overlay.conflist"

step "4. A container on each host; port 8080 of host a leads to its container"
command_line "podman run -d --name web-a --network overlay -p 8080:80 --rootfs rootfs httpd"
run_container a -p 8080:80
run_container b
run_container c

step "5. Every container reaches every other one"
for from in a b c; do
  for to in a b c; do
    [ "$from" != "$to" ] || continue
    within 10 inside "$from" ping -c 1 -W 2 "${addresses[$to]}"
    say "web-$from -> web-$to   $(inside "$from" wget -q -O - "http://${addresses[$to]}/")"
  done
done

step "6. What the plugin has made in the container and on host a"
command_line "podman exec web-a ip address show eth0"
inside a ip address show eth0 | indent
command_line "podman exec web-a ip route"
inside a ip route | indent
command_line "ip -brief link show master cni0"
on a ip -brief link show master cni0 | indent

step "7. From outside through host a's port, from a host to a container elsewhere, from a container to the outside"
good "http://192.0.2.1:8080/ from host b: $(on b busybox wget -q -O - http://192.0.2.1:8080/)"
good "http://${addresses[c]}/ from host a: $(on a busybox wget -q -O - "http://${addresses[c]}/")"
on lan ip address add 192.0.2.254/24 dev lan
within 10 inside b ping -c 1 -W 2 192.0.2.254
good "192.0.2.254, which knows no route to the overlay, answers container web-b: its host lends it an address"

step "8. The MTU between the hosts shrinks; the running containers follow"
for host in a b c; do on "$host" ip link set eth0 mtu 1400; done
has_mtu() { [ "$(inside "$1" ip link show eth0 | grep -o 'mtu [0-9]*')" = "mtu $2" ]; } # HOST MTU
for host in a b c; do within 20 has_mtu "$host" 1350; done
good "eth0 in all three containers: mtu 1350, without a restart"
within 10 inside a ping -c 1 -W 2 -s 1322 "${addresses[c]}"

step "9. The containers end, and nothing of them stays"
for host in a b c; do podman_on "$host" rm -f -t 0 "web-$host" >/dev/null; done
has_no_port() { [ -z "$(on "$1" ip -brief link show master cni0)" ]; } # HOST
within 10 has_no_port a
good "cni0 of host a has no port"

step "Done: packets crossed between real containers over a VXLAN that overlayd made."
