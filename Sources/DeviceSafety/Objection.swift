/// How dangerous it is to write to a disk.
public enum SafetyClass: String, Hashable, Sendable, Comparable, CaseIterable {
  /// USB mass storage or an SD card, idle, up to 256 GiB: confirmed by its ID.
  case a = "A"
  /// As A, with something unusual: each reason needs its own named flag besides.
  case b = "B"
  /// Any other disk, such as an internal one: needs `--allow-internal` and its serial number typed.
  case c = "C"
  /// Of the system, in use, or unable to be written: never, no flag.
  case x = "X"

  /// Orders by danger.
  public static func < (left: SafetyClass, right: SafetyClass) -> Bool { left.rawValue < right.rawValue }
}

/// A reason against writing to a disk, with its evidence.
public struct Objection: Hashable, Sendable {
  /// A stable name, the same in text, JSON and the manual page.
  public enum ID: String, Hashable, Sendable, CaseIterable {
    // Class X: no flag overrides these.
    case notWholeDisk = "not-whole-disk"
    case notADisk = "not-a-disk"
    case noMedium = "no-medium"
    case readOnly = "read-only"
    case mounted
    case swap
    case held
    case btrfsMember = "btrfs-member"
    case loopAttached = "loop-attached"
    case exported
    case busy
    case systemDisk = "system-disk"
    case holdsImage = "holds-image"
    case unknownAttribute = "unknown-attribute"
    case ambiguous
    case protected
    case protectListBroken = "protect-list-broken"
    // Class C.
    case internalDisk = "internal-disk"
    // Class B, one flag each.
    case large
    case fixedMedium = "fixed-medium"
    case rotational
    case external
    case configured
    case systemClone = "system-clone"
    case bootedFrom = "booted-from"
    // Class B for what would be lost.
    case arrayMember = "array-member"
    case encrypted
    case operatingSystem = "operating-system"
    case hibernated
    case backup
    case unknownContent = "unknown-content"
  }

  /// What the objection is.
  public let id: ID
  /// The class that it raises the disk to.
  public let severity: SafetyClass
  /// The rule that it enforces, such as `R11`.
  public let rule: String
  /// One sentence that names the true cause; foreign text inside is sanitised where it is shown.
  public let text: String
  /// From the disk down to what uses it, such as `sdb2`, `LUKS dm-0`, `LVM vg0-root`, `mounted at /`.
  public let chain: [String]

  /// Creates an objection.
  public init(_ id: ID, _ severity: SafetyClass, rule: String, text: String, chain: [String] = []) {
    self.id = id
    self.severity = severity
    self.rule = rule
    self.text = text
    self.chain = chain
  }

  /// The option that lifts the objection, where one does.
  public var liftingOption: String? {
    switch id {
    case .internalDisk: "--allow-internal"
    case .large: "--allow-large"
    case .fixedMedium: "--allow-fixed"
    case .rotational: "--allow-rotational"
    case .external: "--allow-external"
    case .configured: "--allow-configured"
    case .systemClone: "--allow-clone"
    case .bootedFrom: "--allow-booted"
    case .arrayMember: "--allow-member"
    case .encrypted: "--allow-encrypted"
    case .operatingSystem: "--allow-system"
    case .hibernated: "--allow-hibernated"
    case .backup: "--allow-backup"
    case .unknownContent: "--allow-unknown"
    default: nil
    }
  }
}

/// What the rules say of one disk.
public struct Assessment: Hashable, Sendable {
  /// Every objection, the gravest first.
  public let objections: [Objection]

  /// Creates an assessment; the order of the objections does not matter.
  public init(objections: [Objection]) {
    self.objections = objections.enumerated()
      .sorted { ($1.element.severity, $0.offset) < ($0.element.severity, $1.offset) }
      .map(\.element)
  }

  /// The class of the gravest objection; A where there is none.
  public var safetyClass: SafetyClass { objections.map(\.severity).max() ?? .a }

  /// Whether `list` offers it without `--all`: idle and of class A or B.
  public var isSelectable: Bool { safetyClass <= .b }
}
