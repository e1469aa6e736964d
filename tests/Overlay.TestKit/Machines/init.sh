#!/bin/busybox sh
# The first process of a machine under test (Overlay.TestKit/Machines). It loads the modules, says READY, and then runs what it is told on the second
# serial line: "+ BASE64" adds to a script, "! ID" runs it and answers "@@ID STATUS" behind its output.
/bin/busybox --install -s /bin
export PATH=/usr/bin:/usr/sbin:/bin:/sbin HOME=/root
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mkdir -p /dev/pts /dev/shm /run/netns
mount -t devpts pts /dev/pts
mount -t tmpfs run /run
mkdir -p /run/netns
ln -sfn /run /var/run
while read -r module; do insmod "$module" || echo "insmod $module failed"; done < /modules.list
ip link set lo up
# Open for good before READY: the driver empties the port's FIFO at each first open, and with it the beginning of what was sent too early.
exec 3<> /dev/ttyS1
stty raw -echo <&3
echo READY
while read -r kind text; do
  case $kind in
    +) echo "$text" >> /tmp/script.b64 ;;
    !) base64 -d /tmp/script.b64 > /tmp/script && rm /tmp/script.b64 && sh /tmp/script < /dev/null 2>&1
       echo "@@$text $?" ;;
  esac
done <&3 >&3
