import DeviceProbe
import DeviceSafety
import Documents
import Terminal

/// What is told while a stick is waited for.
enum ReplugEvent: Hashable {
  /// It has to be unplugged.
  case unplug(TargetIdentity)
  /// It has to be plugged in again.
  case plugIn(TargetIdentity)
  /// Something else was plugged in; waiting goes on.
  case refused(BlockDevice, SanitizedText)
  /// It is back, and is read.
  case reading(TargetIdentity, BlockDevice)

  /// A sentence for a person.
  var text: SanitizedText {
    switch self {
    case .unplug(let stick):
      "all of \(stick.path) was read back and is equal; now unplug \(stick.name) (\(stick.id)), and plug it in again, into any port"
    case .plugIn(let stick):
      "\(stick.name), which was \(stick.path), is gone: plug it in again, into any port"
    case .refused(let disk, let reason):
      "\(disk.path) is none of the sticks that are awaited: \(reason); waiting on"
    case .reading(let stick, let disk):
      "\(disk.path) is the stick that was \(stick.path): all of it is read once more"
    }
  }

  private var state: String {
    switch self {
    case .unplug: "unplug"
    case .plugIn: "plug-in"
    case .refused: "refused"
    case .reading: "reading"
    }
  }

  private var stick: TargetIdentity? {
    switch self {
    case .unplug(let stick), .plugIn(let stick), .reading(let stick, _): stick
    case .refused: nil
    }
  }

  private var disk: BlockDevice? {
    switch self {
    case .refused(let disk, _), .reading(_, let disk): disk
    case .unplug, .plugIn: nil
    }
  }

  /// A line for a program.
  var json: JSONValue {
    [
      "schema": 1, "event": "replug", "state": JSONValue(state),
      "target": stick.map(WriteEvent.target) ?? .null, "found": disk.map(\.replugJSON) ?? .null,
      "text": JSONValue(text),
    ]
  }
}

extension BlockDevice {
  /// A disk that was plugged in, as what is told of a replug names it.
  var replugJSON: JSONValue { ["id": JSONValue(TargetID(of: self).description), "path": JSONValue(path)] }
}
