package dev.lifebound.memory.os;

/** A system call failed. The message names the call, its arguments and the reason. */
public final class SystemCallException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int errno;

  SystemCallException(String call, int errno) {
    super("the system call must succeed: call=" + call + ", errno=" + errno + " " + text(errno));
    this.errno = errno;
  }

  /** The C library's error number. */
  public int errno() {
    return errno;
  }

  /** The names this module meets; the rest keep their number. */
  private static String text(int errno) {
    return switch (errno) {
      case 1 -> "(EPERM: not permitted)";
      case 9 -> "(EBADF: bad file descriptor)";
      case 11 -> "(EAGAIN: try again)";
      case 12 -> "(ENOMEM: out of memory or of mappings)";
      case 13 -> "(EACCES: permission denied)";
      case 14 -> "(EFAULT: bad address)";
      case 16 -> "(EBUSY: busy)";
      case 17 -> "(EEXIST: page is mapped already)";
      case 22 -> "(EINVAL: invalid argument)";
      case 24 -> "(EMFILE: too many open files)";
      case 38 -> "(ENOSYS: the kernel lacks this call)";
      default -> "";
    };
  }
}
