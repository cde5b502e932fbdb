import Documents
import Terminal

extension JSONValue {
  /// The value as it is when it has been written and read back: whole numbers have one form.
  var canonical: JSONValue {
    switch self {
    case .integer(let value) where value >= 0: .unsigned(UInt64(value))
    case .array(let values): .array(values.map(\.canonical))
    case .object(let members): .object(members.map { Member(key: $0.key, value: $0.value.canonical) })
    default: self
    }
  }

  /// Something that two values have otherwise.
  struct Difference: Hashable {
    /// The keys that lead there, such as `target.diskseq`, and the places in arrays, from 0.
    let place: String
    /// What one has; nil where it has nothing.
    let first: JSONValue?
    /// What the other has.
    let second: JSONValue?
  }

  /// Every place where another value has something else; the order of keys does not matter.
  func differences(from other: JSONValue, at place: String = "") -> [Difference] {
    switch (self, other) {
    case (.object(let members), .object(let others)):
      let below = { (key: String) in place.isEmpty ? key : "\(place).\(key)" }
      let ours = members.flatMap { member in
        other[member.key].map { member.value.differences(from: $0, at: below(member.key)) }
          ?? [Difference(place: below(member.key), first: member.value, second: nil)]
      }
      return ours
        + others.filter { self[$0.key] == nil }
        .map { Difference(place: below($0.key), first: nil, second: $0.value) }
    case (.array(let values), .array(let others)) where values.count == others.count:
      return zip(values, others).enumerated()
        .flatMap { $1.0.differences(from: $1.1, at: "\(place)[\($0)]") }
    default: return self == other ? [] : [Difference(place: place, first: self, second: other)]
    }
  }
}

extension JSONValue.Difference {
  /// The difference in one line, where the first value is a plan's and the second that of now.
  var text: SanitizedText {
    func short(_ value: JSONValue?) -> SanitizedText {
      value.map { SanitizedText(foreign: $0.line.string, limit: 80) } ?? "nothing"
    }
    return "\(place) is \(short(first)) in the plan, and \(short(second)) now"
  }
}
