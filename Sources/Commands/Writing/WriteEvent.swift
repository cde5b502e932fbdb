import BlockIO
import DeviceSafety
import Terminal
import Writer

/// The lines of `write --json`, but for progress and for the result of a write that succeeded.
enum WriteEvent {
  /// The target is approved, writing begins.
  static func start(
    _ order: WriteOrder, _ identity: TargetIdentity, _ plan: WritePlan, _ impossible: [ImpossibleCheck]
  ) -> JSONValue {
    [
      "schema": 1, "event": "start", "image": image(order, bytes: plan.imageByteCount),
      "target": target(identity), "plan": plan.json, "notChecked": JSONValue(impossible.map(\.text)),
    ]
  }

  /// The run ended before everything was proven.
  static func failed(_ order: WriteOrder, _ diagnostic: Diagnostic) -> JSONValue {
    [
      "schema": 1, "event": "result", "exitCode": JSONValue(diagnostic.exit.rawValue),
      "diagnostic": diagnostic.json, "image": image(order, bytes: nil),
      "target": [
        "id": .null, "path": .null, "name": .null, "bytes": .null, "argument": JSONValue(order.target),
      ],
      "proven": .null,
    ]
  }

  static func image(_ order: WriteOrder, bytes: UInt64?) -> JSONValue {
    ["path": JSONValue(order.image), "bytes": JSONValue(bytes)]
  }

  static func target(_ identity: TargetIdentity) -> JSONValue {
    [
      "id": JSONValue(identity.id), "path": JSONValue(identity.path), "name": JSONValue(identity.name),
      "bytes": JSONValue(identity.geometry.byteCount),
    ]
  }
}

extension WritePlan {
  /// The plan in JSON; ranges are `[first byte, byte after the last]`.
  var json: JSONValue {
    [
      "imageBytes": JSONValue(imageByteCount), "writtenBytes": JSONValue(writtenByteCount),
      "capacity": JSONValue(capacity), "blockSize": JSONValue(blockSize),
      "alignment": JSONValue(alignment), "headBytes": JSONValue(headByteCount),
      "erased": Self.json(erasedRanges), "probed": Self.json(probedPlaces),
      "pieces": JSONValue(bodyPieces.count), "digest": JSONValue(digest.rawValue),
    ]
  }

  private static func json(_ ranges: [Range<UInt64>]) -> JSONValue {
    .array(ranges.map { [JSONValue($0.lowerBound), JSONValue($0.upperBound)] as JSONValue })
  }

  /// The steps in the order in which they are carried out.
  var steps: [SanitizedText] {
    var steps: [SanitizedText] = zeroedRanges.map {
      "zero bytes \($0.lowerBound) to \($0.upperBound - 1)"
    }
    if let first = probedPlaces.first, let last = probedPlaces.last {
      steps.append(
        "mark \(probedPlaces.count) blocks between bytes \(first.lowerBound) and \(last.upperBound - 1), to probe the capacity"
      )
    }
    steps.append("flush: from here on nothing on it boots")
    if writtenByteCount > UInt64(headByteCount) {
      steps.append(
        "write bytes \(headByteCount) to \(writtenByteCount - 1), in \(bodyPieces.count) requests, aligned to \(alignment) bytes"
      )
    }
    if writtenByteCount > imageByteCount {
      steps.append("fill bytes \(imageByteCount) to \(writtenByteCount - 1) with zeros")
    }
    if !probedPlaces.isEmpty {
      steps.append("flush, read back the marks that the image has left, and zero them")
    }
    steps.append("flush, read everything back past every cache, compare")
    steps.append(
      "write the head, bytes 0 to \(headByteCount - 1), flush, read it back: from here on it boots")
    if digest == .sha256 { steps.append("report the SHA-256 of the image") }
    return steps
  }
}
