import DiskFormats

/// F1: what the bytes are as a whole; names of files never decide.
package enum KindRule {
  /// The kind of medium.
  package static func kind(_ facts: BootFacts) -> ImageReport.Kind {
    switch facts.content {
    case .empty, .tooShort, .zeroes, .document: return .unknown
    case .compressed: return .compressed
    case .container: return .container
    case .fileSystem, .unknown: break
    }
    if let optical = facts.optical { return optical.hasISO9660 ? .iso9660 : .udf }
    if facts.gpt != nil { return .disk }
    if let mbr = facts.mbr, mbr.isTablePlausible, !mbr.entries.isEmpty { return .disk }
    if case .fileSystem = facts.content { return .superfloppy }
    if facts.mbr?.code.isFileSystemBootSector == true { return .superfloppy }
    if facts.apm != nil { return .disk }
    // A table without entries, or boot code that needs none, such as a boot manager's floppy.
    return facts.mbr != nil ? .disk : .unknown
  }
}
