public import BlockIO

/// What the kernel says has happened to a disk.
public struct DeviceEvent: Hashable, Sendable {
  /// `add`, `remove`, `change` and others.
  public var action: String
  /// The disk's number; nil if the event has none.
  public var number: DeviceNumber?
  /// `DISKSEQ`, the medium that the event is about; nil before Linux 5.15.
  public var diskSequence: UInt64?
  /// `DISK_MEDIA_CHANGE`: the drive has noticed that its medium is another one, or none.
  public var saysMediumChanged: Bool
  /// Creates an event.
  public init(
    action: String, number: DeviceNumber?, diskSequence: UInt64? = nil, saysMediumChanged: Bool = false
  ) {
    self.action = action
    self.number = number
    self.diskSequence = diskSequence
    self.saysMediumChanged = saysMediumChanged
  }
}

/// One medium in one drive, which somebody is being asked about.
public struct WatchedDisk: Hashable, Sendable {
  /// The disk's number.
  public var number: DeviceNumber
  /// Its medium; nil before Linux 5.15.
  public var diskSequence: UInt64?
  /// Creates a disk to be watched.
  public init(number: DeviceNumber, diskSequence: UInt64?) {
    self.number = number
    self.diskSequence = diskSequence
  }
}

/// What has become of a disk that was watched.
public enum Disturbance: Hashable, Sendable {
  /// It was unplugged.
  case removed
  /// Its drive has another medium now, or none.
  case mediumChanged
}

extension WatchedDisk {
  /// What an event means for this disk; nil where it stays what it was, whatever comes and goes beside it (R7).
  public func disturbance(by event: DeviceEvent) -> Disturbance? {
    guard event.number == number else { return nil }
    let isGone = event.action == "remove"
    guard let own = diskSequence, let theirs = event.diskSequence else {
      return isGone ? .removed : event.action == "change" && event.saysMediumChanged ? .mediumChanged : nil
    }
    // The number belonged to an earlier disk or medium then.
    guard theirs >= own else { return nil }
    guard theirs > own else { return isGone ? .removed : nil }
    return event.action == "change" ? .mediumChanged : .removed
  }
}
