import BlockIO
import BlockMap
import DeviceProbe
import DeviceSafety
import DiskFormats
import ImageSource
import Synchronization
import TestSupport
import Testing

@testable import Writer

extension LoopDeviceTests {
  /// An empty file system on a real device.
  @Suite("A stick that is made empty")
  struct RestoreTests {
    @Test(
      "R36: what was there is recognised by nobody any more, and the new file system is whole",
      arguments: [(512, EmptyDisk.FileSystem.fat32), (512, .exfat), (4096, .exfat)])
    func restored(blockSize: Int, fileSystem: EmptyDisk.FileSystem) async throws {
      let loop = try LoopDevice(byteCount: 72 * mebibyte, blockSize: blockSize)
      try loop.run("mkfs.ext4 -q -F $D; sync")
      let pending = try loop.open(lifting: [.unknownContent, .backup])
      let geometry = pending.identity.geometry
      let disk = try EmptyDisk(
        byteCount: geometry.byteCount, blockSize: geometry.logicalBlockSize, fileSystem: fileSystem,
        label: "STICK", identifiers: EmptyDisk.Identifiers(disk: 1, volume: 2))
      let map = BlockMap(
        imageByteCount: geometry.byteCount, blockByteCount: 4096, ranges: [MappedRange(disk.written)])
      let plan = try WritePlan(
        imageLength: .exact(geometry.byteCount), geometry: geometry,
        staleSignatures: try pending.staleSignatures() + disk.zeroed, digest: .none, map: map)
      let id = pending.consent.id
      let target = try pending.approve(confirming: .typed(id: id))
      let seen = Mutex<[String]>([])
      _ = try await ImageWriter.write(
        GeneratedImage(disk.content, named: "nothing"), plan: plan, to: target,
        aftercare: Aftercare(whenProven: { target, _ in
          let found = (try? target.foundSignatures(partition: disk.partition)) ?? []
          seen.withLock { $0 = found.map(\.type) }
        }), progress: ProgressMeter())
      let type = fileSystem == .fat32 ? "vfat" : "exfat"
      #expect(Set(seen.withLock { $0 }) == ["dos", type])
      let checker = fileSystem == .fat32 ? "fsck.fat -n" : "fsck.exfat -n"
      try loop.run(
        "dd if=$D of=part bs=1M skip=\(disk.partition.lowerBound >> 20) iflag=direct status=none; \(checker) part"
      )
      let table = try loop.run("blkid -p -o export $D")
      #expect(table.contains("PTTYPE=dos") && !table.contains("\nTYPE="), "\(table)")
    }
  }
}
