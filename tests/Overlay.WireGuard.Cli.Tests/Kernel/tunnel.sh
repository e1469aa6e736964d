# A tunnel in a machine: overlay-wg as "ours" in the namespace us, the kernel's WireGuard as "kern" in the namespace them, and a cable between the two.
#   open FAMILY [SECRET SECRET]   FAMILY is 4 or 6, the family around the tunnel; the SECRETs are the pre-shared keys of us and of them; LEVEL is our LOG_LEVEL
#   us COMMAND, them COMMAND      run there
#   shut                          takes all away
set -e

# The shell would take busybox's own ip, which knows neither namespaces nor WireGuard.
ip() { /usr/bin/ip "$@"; }
us() { ip netns exec us "$@"; }
them() { ip netns exec them "$@"; }

open() {
  ip netns add us
  ip netns add them
  ip link add cable netns us type veth peer name cable netns them
  us ip addr add 192.0.2.1/24 dev cable; us ip addr add 2001:db8::1/64 dev cable nodad; us ip link set cable up; us ip link set lo up
  them ip addr add 192.0.2.2/24 dev cable; them ip addr add 2001:db8::2/64 dev cable nodad; them ip link set cable up; them ip link set lo up

  umask 077
  wg genkey > /tmp/us.key; wg genkey > /tmp/them.key
  us env LOG_LEVEL=${LEVEL:-error} /overlay-wg/overlay-wg ours > /tmp/ours.log 2>&1 || { cat /tmp/ours.log; return 1; }
  them ip link add kern type wireguard
  us wg set ours private-key /tmp/us.key listen-port 5001
  them wg set kern private-key /tmp/them.key listen-port 5002

  case $1 in
    4) here=192.0.2.1:5001 there=192.0.2.2:5002 ;;
    6) here=[2001:db8::1]:5001 there=[2001:db8::2]:5002 ;;
  esac
  echo "${2:-$NOTHING}" > /tmp/us.psk
  echo "${3:-$NOTHING}" > /tmp/them.psk
  us wg set ours peer "$(wg pubkey < /tmp/them.key)" preshared-key /tmp/us.psk endpoint $there allowed-ips 10.9.0.2/32,fd99::2/128
  them wg set kern peer "$(wg pubkey < /tmp/us.key)" preshared-key /tmp/them.psk endpoint $here allowed-ips 10.9.0.1/32,fd99::1/128

  us ip addr add 10.9.0.1/24 dev ours; us ip addr add fd99::1/64 dev ours nodad; us ip link set ours up
  them ip addr add 10.9.0.2/24 dev kern; them ip addr add fd99::2/64 dev kern nodad; them ip link set kern up
}
NOTHING=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=

shut() {
  rm -f /run/wireguard/ours.sock
  for i in $(seq 100); do us ip link show ours > /dev/null 2>&1 || break; sleep 0.1; done
  us ip link show ours 2> /dev/null && return 1
  ip netns del us
  ip netns del them
}

# until COMMAND...: tries again for a minute.
until_true() { for i in $(seq 300); do "$@" > /tmp/until.log 2>&1 && return 0; sleep 0.2; done; cat /tmp/until.log; return 1; }

handshakes() { us wg show ours latest-handshakes | cut -f2; }
