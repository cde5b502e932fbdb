import DeviceProbe
import DiskFormats

@testable import Commands
@testable import Terminal

extension AllDiagnostics {
  /// Every error of `burin restore` that no other command has.
  static let restored: [Diagnostic] =
    [
      EmptyDiskError.blockSize(8192), .tooSmall(least: 8 << 20, found: 4 << 20),
      .unfit(.fat32, byteCount: 16 << 20), .label("a/b", .fat32), .label("a/b", .exfat),
    ].map { Diagnostic($0, names) }
    + [
      .signaturesLeft("/dev/sdb", [FoundSignature(type: "zfs_member", offset: 4096)]),
      .signaturesLeft("/dev/sdb", []),
    ]
}
