import BlockIO
import SystemPackage

/// A file of the running system: what it is, and the mount through which it was reached.
struct LocatedFile {
  let state: FileState
  /// The number in the first column of mountinfo; nil where `/proc` cannot tell.
  let mountID: Int?

  /// Looks at a path without opening what is behind it: no drive spins up, no FIFO blocks, no driver is asked.
  init?(at path: String) {
    do throws(SystemCallError) {
      let file = try OwnedDescriptor(opening: FilePath(path), [.pathOnly])
      state = try FileState(of: file)
      mountID = Self.mountID(of: file)
    } catch { return nil }
  }

  /// `mnt_id:` and a number, in a line of its own.
  private static func mountID(of file: borrowing OwnedDescriptor) -> Int? {
    do throws(SystemCallError) {
      let bytes = try SmallFile.bytes(
        of: FilePath("/proc/self/fdinfo/\(file.rawValue)"), limit: 65_536)
      let line = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        .first { $0.hasPrefix("mnt_id:") }
      return line.flatMap { Int($0.dropFirst("mnt_id:".count).drop { $0 == "\t" || $0 == " " }) }
    } catch { return nil }
  }
}
