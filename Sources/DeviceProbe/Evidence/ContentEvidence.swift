/// What a write would destroy in one place of a disk: a partition, or the whole where there is no table.
public struct ContentEvidence: Hashable, Sendable {
  /// What is known of the bytes.
  public enum State: String, Hashable, Sendable, CaseIterable {
    /// Something with a name: a file system, a member of an array, an encrypted container.
    case data
    /// Nothing with a name, and zeroes wherever it was looked, both ends among them.
    case blank
    /// Nothing with a name, and bytes that are not zero: anything, but never "empty".
    case unknown
    /// Signatures that contradict each other.
    case ambivalent
    /// What could not be read, in part or at all, and what of a table without end was not looked into.
    case unreadable
  }

  /// Something that makes the loss weigh more, or less.
  public enum Mark: String, Hashable, Sendable, CaseIterable {
    // Operating systems that are installed, see SystemMarks.
    case windows, macOS = "macos", linux, chromeOS = "chromeos", freeBSD = "freebsd"
    /// An encrypted container or volume that announces itself.
    case encrypted
    /// No signature, and bytes as even as those of an encrypted disk from the first one on.
    case looksEncrypted = "looks-encrypted"
    /// A part of an array, a pool or a volume group; other disks may depend on it.
    case arrayMember = "array-member"
    /// A session that was put to sleep on this disk.
    case hibernated
    // Backups.
    case timeMachine = "time-machine", restic, borg, windowsBackup = "windows-backup", fileHistory =
      "file-history"
    /// Folders of cameras and of photo programs.
    case photos
    /// An installer or a live system, which can be downloaded again.
    case installer
    /// The boot files of a single-board computer, whose system comes as an image.
    case appliance

    /// Whether it is an operating system that somebody has installed.
    public var isSystem: Bool { [.windows, .macOS, .linux, .chromeOS, .freeBSD].contains(self) }
    /// Whether it is a backup.
    public var isBackup: Bool { [.timeMachine, .restic, .borg, .windowsBackup, .fileHistory].contains(self) }
    /// Whether it stands for something that cannot be read without a key.
    public var isEncryption: Bool { self == .encrypted || self == .looksEncrypted }
  }

  /// What is known of the bytes.
  public var state: State
  /// The bytes in use where cheaply known.
  public var usedBytes: UInt64?
  /// When something there was last written, in seconds since 1970, where cheaply known.
  public var newest: Int64?
  /// What else is known, each mark once, in the order in which the cases are declared.
  public var marks: [Mark]

  /// Creates evidence.
  public init(_ state: State, usedBytes: UInt64? = nil, newest: Int64? = nil, marks: [Mark] = []) {
    self.state = state
    self.usedBytes = usedBytes
    self.newest = newest
    self.marks = marks
  }
}

extension Contents {
  /// Contents of a disk that is there and could not be read.
  public static let unreadable: Contents = {
    var contents = Contents(table: .unknown)
    contents.evidence = ContentEvidence(.unreadable)
    return contents
  }()

  /// What is known of the whole where it has evidence of its own, then of each partition that was looked into.
  public var places: [(partition: Partition?, evidence: ContentEvidence)] {
    let whole: [(Partition?, ContentEvidence)] = evidence.map { [(nil, $0)] } ?? []
    return whole + partitions.compactMap { partition in partition.evidence.map { (partition, $0) } }
  }

  /// Whether it carries a mark anywhere.
  public func isMarked(_ mark: ContentEvidence.Mark) -> Bool {
    places.contains { $0.evidence.marks.contains(mark) }
  }
}
