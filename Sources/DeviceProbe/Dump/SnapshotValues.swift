import BlockIO

/// Takes the values of a line one after the other.
struct SnapshotValues {
  private var rest: ArraySlice<SnapshotToken>

  init(_ tokens: ArraySlice<SnapshotToken>) { rest = tokens }

  var isEmpty: Bool { rest.isEmpty }

  /// Every value must have been taken.
  func finish() throws(SnapshotTextError.Reason) {
    guard rest.isEmpty else { throw .value }
  }

  mutating func word() throws(SnapshotTextError.Reason) -> String {
    guard case .word(let word) = rest.popFirst() else { throw .value }
    return word
  }

  mutating func text() throws(SnapshotTextError.Reason) -> String {
    guard case .text(let text) = rest.popFirst() else { throw .value }
    return text
  }

  mutating func optionalText() throws(SnapshotTextError.Reason) -> String? { takesNil() ? nil : try text() }

  mutating func integer<Value: FixedWidthInteger>() throws(SnapshotTextError.Reason) -> Value {
    guard let value = Value(try word()) else { throw .value }
    return value
  }

  mutating func optionalInteger<Value: FixedWidthInteger>() throws(SnapshotTextError.Reason) -> Value? {
    takesNil() ? nil : try integer()
  }

  mutating func optionalNumber() throws(SnapshotTextError.Reason) -> Double? {
    guard !takesNil() else { return nil }
    guard let value = Double(try word()), value.isFinite else { throw .value }
    return value
  }

  mutating func device() throws(SnapshotTextError.Reason) -> DeviceNumber {
    guard let number = DeviceNumber(try word()) else { throw .value }
    return number
  }

  mutating func optionalDevice() throws(SnapshotTextError.Reason) -> DeviceNumber? {
    takesNil() ? nil : try device()
  }

  /// All that are left.
  mutating func devices() throws(SnapshotTextError.Reason) -> [DeviceNumber] {
    var devices: [DeviceNumber] = []
    while !isEmpty { devices.append(try device()) }
    return devices
  }

  /// One of two words; true for the first.
  mutating func either(_ yes: String, _ no: String) throws(SnapshotTextError.Reason) -> Bool {
    let word = try word()
    guard word == yes || word == no else { throw .value }
    return word == yes
  }

  private mutating func takesNil() -> Bool {
    guard rest.first == .word("-") else { return false }
    rest.removeFirst()
    return true
  }
}
