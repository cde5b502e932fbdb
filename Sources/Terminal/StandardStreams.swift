import Glibc

/// The three descriptors that every process is given, or should be.
public enum StandardStreams {
  /// Makes sure that 0, 1 and 2 are open, so that no device is ever opened under the number that text goes to.
  ///
  /// What was closed is replaced by `/dev/null`, opened the wrong way round: using it still fails.
  public static func reserve() {
    for descriptor in CInt(0)...2 where fcntl(descriptor, F_GETFD) < 0 {
      // The lowest free number is taken: it is this one, because those below are open.
      _ = unsafe open("/dev/null", descriptor == 0 ? O_WRONLY : O_RDONLY)
    }
  }

  /// Lets a write to a closed pipe fail instead of ending the process.
  public static func ignoreBrokenPipes() { _ = signal(SIGPIPE, SIG_IGN) }

  /// Has the kernel keep the end of each process for us, also where who started this program did not want that.
  public static func awaitChildren() { _ = signal(SIGCHLD, SIG_DFL) }
}
