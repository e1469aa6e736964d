#!/bin/bash
# Asks a C compiler for every number in src/Overlay.Linux/Interop/Uapi.*.cs and for those behind our public enumerations, and prints them.
# Usage, where gcc and the kernel's headers (linux-libc-dev) are installed: ./make-uapi-golden.sh > uapi.golden.txt
set -eu
cd "$(dirname "$0")"
sources=../../../src/Overlay.Linux/Interop
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
{
  for header in errno.h stddef.h stdio.h sys/ioctl.h sys/socket.h linux/if.h linux/if_addr.h linux/if_link.h linux/netlink.h linux/rtnetlink.h \
    linux/neighbour.h linux/veth.h linux/ethtool.h linux/sockios.h linux/net_namespace.h linux/if_ether.h linux/pkt_sched.h linux/pkt_cls.h linux/tc_act/tc_mirred.h \
    linux/genetlink.h linux/if_tun.h; do
    echo "#include <$header>"
  done
  # Younger than the headers of some distributions (Linux 6.2).
  printf '#ifndef TUN_F_USO4\n#define TUN_F_USO4 0x20\n#define TUN_F_USO6 0x40\n#endif\n'
  # The kernel's struct ifreq is a union; ours are one struct for each member that is used.
  echo '#define ifreq_flags ifreq'
  echo 'int main(void) {'
  sed -nE 's/^ *internal const ([a-z]+) ([A-Za-z_0-9]+) = .*/\1 \2/p' "$sources"/Uapi.*.cs | while read -r type name; do
    case $type in
      ushort) cast='unsigned short' ;;
      uint) cast='unsigned int' ;;
      byte) cast='unsigned char' ;;
      nuint) cast='unsigned long' ;;
      *) cast='int' ;;
    esac
    echo "printf(\"$name %lld\\n\", (long long)($cast)$name);"
  done
  # shellcheck disable=SC2013
  for name in $(cat public-numbers.txt); do
    echo "printf(\"$name %lld\\n\", (long long)$name);"
  done
  awk '/internal (unsafe )?struct/ { name = $NF; printf "printf(\"sizeof %s %%zu\\n\", sizeof(struct %s));\n", name, name }
       name && / public / { field = $NF; sub(/[;\[].*/, "", field); printf "printf(\"offsetof %s.%s %%zu\\n\", offsetof(struct %s, %s));\n", name, field, name, field }
       /^    }/ { name = "" }' "$sources"/Uapi.*.cs
  echo 'return 0; }'
} > "$work/golden.c"
gcc -o "$work/golden" "$work/golden.c"
echo '# Made by make-uapi-golden.sh from the headers of Linux; run it again after a change of Uapi.*.cs.'
"$work/golden" | LC_ALL=C sort -u
