import BlockIO
import DeviceProbe
import Glibc
import SystemPackage
import TestSupport
import Testing

@Suite("Stale signatures")
struct SignatureScanTests {
  private let scratch: ScratchDirectory

  init() throws { scratch = try ScratchDirectory() }

  @Test("R36: what a disk kept of several old lives is found, wherever wipefs finds it")
  func oldLives() throws {
    // A table beside the superblock of a whole-disk file system: what two careless programs leave.
    try scratch.run(
      """
      truncate -s 200M disk
      mkfs.btrfs -q disk
      echo '2048,,L' | sfdisk --quiet --wipe never --no-reread disk
      """)
    let found = Set(DeviceProbe.signatures(at: FilePath("\(scratch.path)/disk")).map(\.lowerBound))
    let listed = try scratch.run("wipefs --output OFFSET --noheadings disk")
    let expected = Set(
      listed.split(whereSeparator: \.isWhitespace).compactMap { UInt64($0.dropFirst(2), radix: 16) })
    #expect(expected.count > 1)
    #expect(found.isSuperset(of: expected), "wipefs found \(expected), burin \(found)")
    let held = try OwnedDescriptor(opening: FilePath("\(scratch.path)/disk"), [.direct])
    let through = try DeviceProbe.signatures(through: held, byteCount: 200 << 20)
    #expect(Set(through.map(\.lowerBound)) == found, "R28: through a descriptor that reads past the cache")
  }

  @Test("R45: what could not be searched is no disk on which nothing is found")
  func unsearched() throws {
    try scratch.run("truncate -s 8M disk; mkfs.ext4 -q -F disk")
    let path = "\(scratch.path)/disk"
    let held = try OwnedDescriptor(opening: FilePath(path), [.direct])
    let part = (UInt64(4) << 20)..<(UInt64(8) << 20)
    let found = try DeviceProbe.foundSignatures(through: held, byteCount: 8 << 20, partition: part)
    #expect(found.map(\.type) == ["ext4"])
    let behind = (UInt64(16) << 20)..<(UInt64(24) << 20)
    #expect(throws: SystemCallError.self) {
      try DeviceProbe.foundSignatures(through: held, byteCount: 8 << 20, partition: behind)
    }
    let unreadable = OwnedDescriptor(adopting: unsafe open(path, O_WRONLY | O_CLOEXEC))
    #expect(throws: SystemCallError.self) {
      try DeviceProbe.foundSignatures(through: unreadable, byteCount: 8 << 20, partition: part)
    }
  }

  @Test("an empty disk, and no disk at all, have none")
  func nothing() throws {
    try scratch.run("truncate -s 4M disk")
    #expect(DeviceProbe.signatures(at: FilePath("\(scratch.path)/disk")).isEmpty)
    #expect(DeviceProbe.signatures(at: FilePath("\(scratch.path)/missing")).isEmpty)
  }
}
