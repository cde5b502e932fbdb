import BlockIO
import BlockMap
import DiskFormats
import Documents
import ImageSource
import Terminal
import Writer

/// What somebody wants a stick to become, as the command line says it.
struct RestoreOrder: Hashable {
  /// What goes for every write, such as the target and consent, but for the image, which is made up here.
  var write: WriteOrder
  /// `--fs`; nil for what goes with the size.
  var fileSystem: EmptyDisk.FileSystem?
  /// `--label`.
  var label: String?
  /// The numbers of the new disk and file system.
  var identifiers: EmptyDisk.Identifiers

  /// What messages and records call the image.
  static let imageName = "an empty file system"

  /// Lays the new content out.
  func layOut(_ geometry: BlockGeometry) throws(Refusal) -> EmptyDisk {
    let block = UInt64(max(geometry.logicalBlockSize, 1))
    do throws(EmptyDiskError) {
      return try EmptyDisk(
        byteCount: geometry.byteCount / block * block, blockSize: geometry.logicalBlockSize,
        fileSystem: fileSystem, label: label, identifiers: identifiers)
    } catch { throw Refusal(diagnostic: Diagnostic(error, write.names)) }
  }

  /// Plans it as an image of which little matters.
  ///
  /// What has to be zero is no part of that image but erased: there the marks by which the capacity is probed stay to
  /// be read, at the end of the medium above all (R43).
  func plan(
    _ disk: EmptyDisk, onto geometry: BlockGeometry, stale: [Range<UInt64>]
  ) throws(Refusal) -> WritePlan {
    let byteCount = disk.content.byteCount
    do throws(WritePlanError) {
      return try WritePlan(
        imageLength: .exact(byteCount), geometry: geometry, staleSignatures: stale + disk.zeroed,
        digest: .none,
        probing: write.probing,
        map: BlockMap(
          imageByteCount: byteCount, blockByteCount: BlockMap.usualBlockSize,
          ranges: [MappedRange(disk.written)]))
    } catch { throw Refusal(diagnostic: Diagnostic(error, write.names)) }
  }
}

extension EmptyDisk {
  /// What it becomes, in a few words.
  var text: SanitizedText {
    let size = SanitizedText(size: UInt64(partition.count))
    let name = label.map { ", named \(SanitizedText(foreign: $0.text))" as SanitizedText } ?? ""
    return "one partition of \(size), an empty \(fileSystem.text) file system\(name)"
  }

  /// How much of the disk is overwritten for it, in bytes.
  var overwrittenByteCount: UInt64 { zeroed.reduce(UInt64(written.count)) { $0 + UInt64($1.count) } }

  /// The entry `restored` of JSON.
  var json: JSONValue {
    [
      "fileSystem": JSONValue(fileSystem.rawValue), "label": JSONValue(label?.text),
      "partition": ["start": JSONValue(partition.lowerBound), "bytes": JSONValue(partition.count)],
    ]
  }
}

extension EmptyDisk.FileSystem {
  /// Its name for people.
  var text: SanitizedText {
    switch self {
    case .fat32: "FAT32"
    case .exfat: "exFAT"
    }
  }

  /// What libblkid calls it.
  var blkidName: String {
    switch self {
    case .fat32: "vfat"
    case .exfat: "exfat"
    }
  }
}
