extension Receipt {
  /// What a value has to be.
  private indirect enum Shape {
    case text
    /// A whole number that is not negative.
    case count
    case number
    case truth
    /// The first byte and the one after the last.
    case range
    /// What nothing is read of here, whatever it has.
    case anyObject
    case list(Shape)
    /// Null too, but not nothing: absent parts are null, never left out.
    case optional(Shape)
    /// With at least these members: a later burin may know more.
    case object([(name: String, shape: Shape)])
  }

  /// Every member that packaging/schemas/receipt.json requires.
  private static var shape: Shape {
    .object([
      ("burin", .text), ("time", .count), ("target", targetShape), ("result", .text),
      ("diagnostic", .optional(.text)), ("image", imageShape), ("trust", .optional(trustShape)),
      ("notProven", .list(.text)), ("rewritten", .optional(differencesShape)),
      ("gpt", .optional(movedTableShape)), ("replug", .optional(replugShape)),
      ("chunks", .optional(.anyObject)),
    ])
  }

  private static var targetShape: Shape {
    .object([
      ("id", .optional(.text)), ("path", .text), ("name", .optional(.text)), ("serial", .optional(.text)),
      ("bytes", .count), ("logicalBlockSize", .count),
    ])
  }

  private static var imageShape: Shape {
    .object([
      ("name", .text), ("bytes", .optional(.count)), ("sha256", .optional(.text)),
      ("whole", .optional(.truth)),
    ])
  }

  /// What `trust` is in packaging/schemas/common.json, but for what is in its lists.
  private static var trustShape: Shape {
    .object([
      ("result", .text), ("line", .text), ("evidence", .list(.text)), ("claims", .list(.anyObject)),
      ("signatures", .list(.anyObject)), ("internal", .optional(.anyObject)), ("tree", .optional(.anyObject)),
    ])
  }

  /// What `differences` is there.
  private static var differencesShape: Shape {
    .object([("bytes", .count), ("first", .optional(.count)), ("ranges", .list(.range))])
  }

  /// What `movedTable` is there.
  private static var movedTableShape: Shape {
    .object([("result", .text), ("differs", .list(.range)), ("left", .optional(.range))])
  }

  /// What `replug` is there.
  private static var replugShape: Shape {
    .object([
      ("state", .text), ("found", .optional(.anyObject)), ("differences", .optional(differencesShape)),
      ("mountedSince", .list(.anyObject)), ("refused", .list(.text)), ("seconds", .optional(.number)),
    ])
  }

  /// Refuses a document that lacks a member, or has something else in its place.
  static func requireMembers(of document: JSONValue) throws(ReceiptDamage) {
    try require(document, shape, "")
  }

  private static func require(
    _ value: JSONValue?, _ shape: Shape, _ path: String
  ) throws(ReceiptDamage) {
    guard let value else { throw .wrong(path) }
    switch (shape, value) {
    case (.text, .string), (.count, .unsigned), (.truth, .bool), (.anyObject, .object), (.optional, .null),
      (.number, .unsigned), (.number, .integer), (.number, .number):
      break
    case (.range, .array(let ends)) where ends.count == 2:
      for end in ends { try require(end, .count, path) }
    case (.list(let shape), .array(let values)):
      for value in values { try require(value, shape, path) }
    case (.optional(let shape), _): try require(value, shape, path)
    case (.object(let members), .object):
      for member in members {
        try require(value[member.name], member.shape, path.isEmpty ? member.name : "\(path).\(member.name)")
      }
    default: throw .wrong(path)
    }
  }
}
