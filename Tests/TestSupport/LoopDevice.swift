import Foundation
import Glibc

/// A loop device over a file of its own; unmounted and detached with the value, whatever became of the test.
public final class LoopDevice: Sendable {
  /// The node, such as `/dev/loop3`.
  public let path: String
  /// A directory that lives as long as the device; it holds `medium`, the file behind it.
  public let scratch: ScratchDirectory

  /// The kernel's name, such as `loop3`.
  public var name: String { String(path.dropFirst("/dev/".count)) }

  /// What the tests on loop devices run, and the Debian packages that hold it.
  private static let tools = [
    ("losetup", "mount"), ("mount", "mount"), ("swapon", "mount"), ("partx", "util-linux"),
    ("addpart", "util-linux"), ("mkswap", "util-linux"), ("unshare", "util-linux"),
    ("blockdev", "util-linux"), ("flock", "util-linux"), ("wipefs", "util-linux"), ("cmp", "diffutils"),
    ("mkfs.ext4", "e2fsprogs"), ("mkfs.btrfs", "btrfs-progs"), ("mkfs.vfat", "dosfstools"),
    ("sfdisk", "fdisk"), ("fallocate", "util-linux"),
  ]

  /// What is missing for tests on loop devices, in words.
  public struct Missing: Error, CustomStringConvertible {
    /// The words.
    public let description: String
  }

  /// Whether someone said that these tests shall not run: `BURIN_SKIP` contains `loop`.
  public static var isLeftOut: Bool {
    (ProcessInfo.processInfo.environment["BURIN_SKIP"] ?? "").split(separator: ",").contains("loop")
  }

  /// Fails where a tool or a permission is missing.
  public static func requirePrerequisites() throws {
    let advice = "or leave these tests out with BURIN_SKIP=loop"
    guard geteuid() == 0 else { throw Missing(description: "loop devices need root; run as root, \(advice)") }
    for (tool, package) in tools where !ScratchDirectory.hasTool(tool) {
      throw Missing(description: "\(tool) is missing; install the package \(package), \(advice)")
    }
  }

  /// Attaches a device to a file of zeros, or of `fill`.
  public init(byteCount: Int, blockSize: Int = 512, fill: UInt8 = 0) throws {
    try Self.requirePrerequisites()
    scratch = try ScratchDirectory()
    if fill == 0 {
      try scratch.run("truncate --size=\(byteCount) medium")
    } else {
      try scratch.write([UInt8](repeating: fill, count: byteCount), to: "medium")
    }
    path = try scratch.run("losetup --find --show --partscan --sector-size \(blockSize) medium")
      .filter { !$0.isWhitespace }
    // Write protection outlives a file that was attached before.
    try scratch.run("blockdev --setrw \(path)")
  }

  deinit {
    // Several mounts may lie on each other: the newest goes first.
    _ = unsafe system(
      """
      awk -v d='\(path)' '$1 == d || index($1, d "p") == 1 { print $2 }' /proc/mounts | tac \
        | xargs --no-run-if-empty umount
      awk -v d='\(path)' '$1 == d || index($1, d "p") == 1 { print $1 }' /proc/swaps \
        | xargs --no-run-if-empty swapoff
      partx --delete \(path) 2>/dev/null
      # Write protection outlives the file.
      blockdev --setrw \(path)
      losetup --detach \(path) 2>/dev/null
      """)
  }

  /// Runs commands of a shell in the device's directory, where `$D` is the device, and `mkfs.ext4 $whole` makes a file
  /// system that is whole: of another one, the kernel writes inode tables and journals for seconds after it was mounted.
  @discardableResult
  public func run(_ script: String) throws -> String {
    try scratch.run("D=\(path); whole='-q -E lazy_itable_init=0,lazy_journal_init=0'\n\(script)")
  }

  /// Ends a process, and waits until it has nothing open any more.
  public func end(_ process: String) throws {
    try run("kill \(process); while [ -n \"$(ls /proc/\(process)/fd 2>/dev/null)\" ]; do :; done")
  }

  /// Gives the device two partitions of the same size, with a table that says so.
  ///
  /// The kernel may not know how to read tables; it is told.
  public func partition() throws {
    try run(
      """
      size=$(blockdev --getsz $D)
      half=$(((size - 2048) / 2 / 2048 * 2048))
      printf 'label: dos\\n2048,%d,83\\n%d,%d,83\\n' $half $((2048 + half)) $half \
        | sfdisk --quiet --no-reread --no-tell-kernel $D
      sync
      partx --update $D
      """)
  }

  /// The numbers of the partitions that have a node now.
  public func partitionNodes() throws -> String {
    try run("cat /sys/block/\(name)/\(name)p*/partition 2>/dev/null || true").filter { !$0.isWhitespace }
  }

  /// How many writes the kernel has sent to the device.
  public func writeCount() throws -> Int {
    let fields = try run("cat /sys/block/\(name)/stat").split(whereSeparator: \.isWhitespace)
    return fields.count > 4 ? Int(fields[4]) ?? -1 : -1
  }

  /// What is on the medium, past the device and its cache.
  public func contents() throws -> [UInt8] { try scratch.contents("medium") }
}
