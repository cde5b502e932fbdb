/// What the person has to give before a disk is written.
public struct Consent: Hashable, Sendable {
  /// The ID that is typed at the prompt.
  public let id: String
  /// Whether the target was named by this very ID, so that `--yes` alone suffices.
  public let isNamedByID: Bool
  /// The options that must have been given, such as `--allow-large`.
  public let options: [String]
  /// The serial number that is typed besides (class C); nil where none is asked for.
  public let serial: String?

  /// Creates a demand from its parts.
  public init(id: String, isNamedByID: Bool, options: [String] = [], serial: String? = nil) {
    self.id = id
    self.isNamedByID = isNamedByID
    self.options = options
    self.serial = serial
  }

  /// What a confirmation lacks; nil where it suffices.
  public func lack(in confirmation: Confirmation) -> ConsentLack? {
    switch confirmation {
    case .typed(let typed, let typedSerial):
      guard typed == id else { return .id(expected: id, found: typed) }
      return lack(ofSerial: typedSerial)
    case .assumed(let confirmed, let givenSerial):
      guard confirmed ?? (isNamedByID ? id : nil) == id else { return .id(expected: id, found: confirmed) }
      return lack(ofSerial: givenSerial)
    }
  }

  private func lack(ofSerial found: String?) -> ConsentLack? {
    guard let serial, found != serial else { return nil }
    return .serial(expected: serial, found: found)
  }
}

/// What the person has given.
public enum Confirmation: Hashable, Sendable {
  /// Typed at the prompt.
  case typed(id: String, serial: String? = nil)
  /// `--yes`, with the value of `--confirm` and the serial number where they were given.
  case assumed(confirmed: String? = nil, serial: String? = nil)
}

/// What a confirmation lacks.
public enum ConsentLack: Hashable, Sendable {
  /// Another ID was given, or none.
  case id(expected: String, found: String?)
  /// Another serial number was given, or none.
  case serial(expected: String, found: String?)
}
