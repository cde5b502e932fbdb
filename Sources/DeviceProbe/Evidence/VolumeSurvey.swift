import BlockIO
import DiskFormats

/// What one file system tells: how full it is, how new, and what its directories are called.
struct VolumeSurvey {
  private(set) var usedBytes: UInt64?
  private(set) var newest: Int64?
  private(set) var marks: Set<ContentEvidence.Mark> = []
  /// How many directories below the root are looked into, besides those that the marks ask for.
  private static let directoryLimit = 12

  /// Reads what libblkid has recognised.
  init(_ fileSystem: String, in bytes: any RandomAccessBytes) {
    // Whatever is damaged stays unknown: the signature alone says already that there is something.
    switch fileSystem {
    case "vfat", "msdos": if let volume = try? FATVolume(bytes) { look(at: volume) }
    case "exfat": if let volume = try? ExFATVolume(bytes) { look(at: volume) }
    case "ntfs": if let volume = try? NTFSVolume(bytes) { look(at: volume) }
    case "ext2", "ext3", "ext4", "ext4dev": if let volume = try? ExtVolume(bytes) { look(at: volume) }
    case "iso9660":
      if let descriptors = try? VolumeDescriptorSet(reading: bytes),
        let volume = try? ISO9660Volume(bytes, descriptors: descriptors)
      {
        look(at: volume)
      }
    default: lookAtSuperblock(of: bytes)
    }
  }

  private mutating func lookAtSuperblock(of bytes: any RandomAccessBytes) {
    guard let facts = try? SuperblockFacts(reading: bytes) else { return }
    usedBytes = facts.usedByteCount
    newest = facts.lastWritten
    if facts.hasKeys == true { marks.insert(.encrypted) }
    if let count = facts.deviceCount, count > 1 { marks.insert(.arrayMember) }
  }

  private mutating func look(at volume: some SurveyableVolume) {
    // Directories first: if time runs out, how full it is matters less than what it is.
    if let root = try? volume.rootEntries() {
      marks.formUnion(NameMarks.marks(of: root))
      let isRoot = NameMarks.mayBeSystem(root)
      var looked = 0
      for directory in root where directory.isDirectory && looked < Self.directoryLimit {
        let isWanted = isRoot && NameMarks.tellingDirectories.contains(directory.name.lowercased())
        guard isWanted || !NameMarks.isKnown(directory.name) else { continue }
        looked += 1
        guard let entries = try? volume.entries(of: directory) else { continue }
        if isWanted { marks.formUnion(NameMarks.systemMarks(of: entries, in: directory, below: root)) }
        // Backup programs are often told to use a directory of a disk.
        marks.formUnion(NameMarks.backupMarks(of: entries))
        note(entries)
      }
      note(root)
    }
    newest = [newest, volume.lastWritten].compactMap(\.self).max()
    usedBytes = volume.usedByteCount
  }

  private mutating func note(_ entries: [VolumeEntry]) {
    newest = ([newest] + entries.map(\.modified)).compactMap(\.self).max()
  }
}
