import BlockIO
import BlockMap
import DeviceSafety
import Documents
import ImageSource
import ImageTrust
import Terminal
import Writer

/// The lines of `write --json`, but for progress and for the result of a write that succeeded.
enum WriteEvent {
  /// The target is approved, writing begins.
  static func start(
    _ order: WriteOrder, _ source: OpenedImage, _ identity: TargetIdentity, _ plan: WritePlan,
    _ impossible: [ImpossibleCheck]
  ) -> JSONValue {
    [
      "schema": 1, "event": "start",
      "image": image(order, source, bytes: plan.layout?.imageByteCount),
      "target": target(identity), "plan": plan.json, "notChecked": JSONValue(impossible.map(\.text)),
    ]
  }

  /// The run ended before everything was proven.
  /// - Parameter identity: which disk it is about, where there are several.
  static func failed(
    _ order: WriteOrder, _ diagnostic: Diagnostic, of identity: TargetIdentity? = nil
  ) -> JSONValue {
    [
      "schema": 1, "event": "result", "exitCode": JSONValue(diagnostic.exit.rawValue),
      "diagnostic": diagnostic.json, "image": image(order, nil, bytes: nil),
      "target": [
        "id": JSONValue(identity?.id), "path": JSONValue(identity?.path), "name": JSONValue(identity?.name),
        "bytes": JSONValue(identity?.geometry.byteCount), "argument": JSONValue(order.target),
      ],
      "proven": .null,
    ]
  }

  static func image(_ order: WriteOrder, _ source: OpenedImage?, bytes: UInt64?) -> JSONValue {
    [
      "path": JSONValue(order.image), "bytes": JSONValue(bytes),
      "fileBytes": JSONValue(source?.file.fileByteCount),
      "compression": JSONValue(source?.packed?.format.text),
      "member": JSONValue(source?.packed?.member),
      "source": source?.origin.json ?? .null,
      "map": source?.map?.json ?? .null,
    ]
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
      "imageBytes": JSONValue(layout?.imageByteCount), "statedBytes": JSONValue(statedByteCount),
      "writtenBytes": JSONValue(layout?.writtenByteCount), "capacity": JSONValue(capacity),
      "blockSize": JSONValue(blockSize), "alignment": JSONValue(alignment),
      "headBytes": JSONValue(layout?.headByteCount),
      "erased": Self.json(erasedRanges), "probed": Self.json(probedPlaces),
      "pieces": JSONValue(layout?.bodyPieces.count), "digest": JSONValue(digest.rawValue),
      "checksums": JSONValue(claims.compared.map(\.checksum.text)),
      "mappedBytes": JSONValue(map?.mappedByteCount),
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
    if let layout { steps += self.steps(layout) } else { steps += openSteps }
    for claim in claims.compared {
      steps.append("require the checksum \(claim.statement), before the head is written")
    }
    if requiresSignature {
      steps.append("require a signature by a key of --keyring before the head is written")
    }
    if digest == .sha256 { steps.append("report the SHA-256 of the image") }
    return steps
  }

  private func steps(_ layout: WriteLayout) -> [SanitizedText] {
    var steps = deltaSteps
    let (written, head) = (layout.writtenByteCount, layout.headByteCount)
    if let map {
      steps.append(
        "write what is mapped of bytes \(head) to \(written - 1), \(layout.bodyPieces.byteCount) bytes in \(layout.bodyPieces.count) requests, aligned to \(alignment) bytes"
      )
      if map.digestCount > 0 {
        steps.append("require the checksums of \(map.digestCount) mapped ranges before the head is written")
      }
    } else if written > UInt64(head) {
      steps.append(
        "write bytes \(head) to \(written - 1), in \(layout.bodyPieces.count) requests, aligned to \(alignment) bytes"
      )
    }
    if written > layout.imageByteCount {
      steps.append("fill bytes \(layout.imageByteCount) to \(written - 1) with zeros")
    }
    steps += markSteps
    steps.append(readBackStep(map == nil ? "everything" : "all of that"))
    steps.append("write the head, bytes 0 to \(head - 1), flush, read it back: from here on it boots")
    return steps
  }

  /// The steps for an image whose length only its end tells.
  private var openSteps: [SanitizedText] {
    let body: [SanitizedText] = [
      """
      write what follows the first \(min(Self.edgeByteCount, capacity)) bytes to where the image ends, in requests \
      aligned to \(alignment) bytes; stop where it goes on after byte \(capacity - 1)
      """,
      "fill the last block with zeros",
    ]
    return deltaSteps + body + markSteps + [
      readBackStep("everything"),
      "write the head, the bytes that were left out, flush, read it back: from here on it boots",
    ]
  }

  private var markSteps: [SanitizedText] {
    guard !probedPlaces.isEmpty else { return [] }
    var steps: [SanitizedText] = ["flush, read back the marks that the image has left, and zero them"]
    if let first = ballast.first, let last = ballast.last {
      steps.insert(
        "zero what the image leaves of bytes \(first.lowerBound) to \(last.upperBound - 1), to empty a cache that pretends to be memory",
        at: 0)
    }
    return steps
  }

  /// What the image says of its own length; nil where that is known, or where it says nothing.
  private var statedByteCount: UInt64? {
    if case .stated(let byteCount) = imageLength { byteCount } else { nil }
  }
}
