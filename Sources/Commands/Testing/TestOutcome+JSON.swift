import DeviceSafety
import Documents
import Terminal
import Writer

/// The lines of `test --json`, but for progress and for the result of a test that was begun.
enum TestEvent {
  /// The target is approved, the test begins.
  static func start(
    _ order: TestOrder, _ identity: TargetIdentity, _ places: TestPlaces, _ impossible: [ImpossibleCheck]
  ) -> JSONValue {
    [
      "schema": 1, "event": "start", "mode": JSONValue(order.mode.rawValue),
      "target": WriteEvent.target(identity),
      "places": order.mode == .quick ? ranges(places.written) : .null,
      "notChecked": JSONValue(impossible.map(\.text)),
    ]
  }

  /// Nothing was tested.
  static func failed(_ order: TestOrder, _ diagnostic: Diagnostic) -> JSONValue {
    [
      "schema": 1, "event": "result", "exitCode": JSONValue(diagnostic.exit.rawValue),
      "diagnostic": diagnostic.json, "mode": JSONValue(order.mode.rawValue),
      "target": [
        "id": .null, "path": .null, "name": .null, "bytes": .null, "argument": JSONValue(order.target),
      ],
      "tested": .null,
    ]
  }

  static func ranges(_ ranges: [Range<UInt64>]) -> JSONValue {
    .array(ranges.map { [JSONValue($0.lowerBound), JSONValue($0.upperBound)] as JSONValue })
  }
}

extension TestOutcome {
  /// The last line of `test --json`.
  var json: JSONValue {
    [
      "schema": 1, "event": "result", "exitCode": JSONValue(diagnostic?.exit.rawValue ?? 0),
      "diagnostic": diagnostic?.json ?? .null, "mode": JSONValue(report.mode.rawValue),
      "target": [
        "id": JSONValue(id), "path": JSONValue(path), "name": JSONValue(name),
        "bytes": JSONValue(report.claimedByteCount), "argument": JSONValue(order.target),
      ],
      "tested": tested,
    ]
  }

  private var tested: JSONValue {
    let surface = report.surface
    return [
      "complete": .bool(report.stop == nil), "bytesWritten": JSONValue(report.writtenByteCount),
      "bytesRead": JSONValue(surface.readByteCount), "bytesIntact": JSONValue(surface.intactByteCount),
      "size": size, "badPlaces": JSONValue(surface.faultCount),
      "repeatedRequests": JSONValue(report.repeatedCount),
      "bad": .array(surface.faults.map(\.json)),
      "writeRates": .array(report.writeRates.map(\.json)), "readRates": .array(report.readRates.map(\.json)),
      "writeSeconds": JSONValue(report.writing / .seconds(1)),
      "readSeconds": JSONValue(report.reading / .seconds(1)), "state": JSONValue(stateWord),
      "notRestored": TestEvent.ranges(notRestored), "partitionsPublished": .bool(report.partitionsPublished),
      "notProven": JSONValue(doubts),
    ]
  }

  private var size: JSONValue {
    isSizeKnown ? report.size.json : ["kind": "unknown", "atLeast": .null, "atMost": .null]
  }

  private var stateWord: String {
    switch report.state {
    case .untouched: "untouched"
    case .blank: "blank"
    case .unknown: "unknown"
    case .restored: "restored"
    case .notRestored: "not-restored"
    }
  }

  private var notRestored: [Range<UInt64>] {
    if case .notRestored(let places) = report.state { places } else { [] }
  }
}

extension TrueSize {
  /// The entry `size` of a result.
  fileprivate var json: JSONValue {
    var (kind, least, below): (String, UInt64?, UInt64?)
    switch self {
    case .asClaimed: (kind, least, below) = ("as-claimed", nil, nil)
    case .wraps(let size): (kind, least, below) = ("wraps", size, size)
    case .ends(let size): (kind, least, below) = ("ends", size, size)
    case .keeps(let size): (kind, least, below) = ("keeps", size, size)
    case .between(let first, let second): (kind, least, below) = ("between", first, second)
    }
    return ["kind": JSONValue(kind), "atLeast": JSONValue(least), "atMost": JSONValue(below)]
  }
}

extension SurfaceMap.Place {
  fileprivate var json: JSONValue {
    var distance: Int64?
    if case .stray(let found) = fault { distance = found }
    return [
      "start": JSONValue(range.lowerBound), "end": JSONValue(range.upperBound),
      "fault": JSONValue(fault.word), "distance": JSONValue(distance),
    ]
  }
}

extension RateSample {
  fileprivate var json: JSONValue {
    [
      "start": JSONValue(range.lowerBound), "end": JSONValue(range.upperBound),
      "bytesPerSecond": JSONValue(bytesPerSecond),
    ]
  }
}
