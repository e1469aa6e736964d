using Xunit;

namespace Overlay.Cni.Tests.Crash;

public sealed class CrashPointTests
{
    [Fact]
    public void Read_Trace_CountsForEachThreadAndBeginsAtTheState()
    {
        // strace -f -o FILE, shortened.
        string[] trace =
        [
            """10 execve("/x/overlay-cni", ["overlay-cni"], 0x7ff /* 20 vars */) = 0""",
            """10 openat(AT_FDCWD, "/etc/ld.so.cache", O_RDONLY|O_CLOEXEC) = 3""",
            """10 openat(AT_FDCWD, "/tmp/n/data/lock", O_RDWR|O_CREAT|O_CLOEXEC, 0600) = 4""",
            """10 flock(4, LOCK_EX <unfinished ...>""",
            """11 futex(0x7f, FUTEX_WAIT, 0, NULL) = 0""",
            """10 <... flock resumed>) = 0""",
            """11 openat(AT_FDCWD, "/run/netns/a", O_RDONLY) = 5""",
            """10 exit_group(0) = ?""",
            """10 +++ exited with 0 +++""",
        ];

        Assert.Equal(["openat 2", "flock 1", "futex 1", "openat 1"], CrashPoint.Read(trace, "/tmp/n/data").Select(point => point.ToString()));
    }
}
