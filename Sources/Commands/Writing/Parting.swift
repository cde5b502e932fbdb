import ArgumentParser
import BlockIO
import DeviceProbe
import DeviceSafety
import Synchronization

/// The options of commands that may let the stick go when all is well.
struct PartingOptions: ParsableArguments {
  @Flag(help: "After a success, have the drive give its medium out; the report says whether it did.")
  var eject = false

  @Flag(help: "After a success, eject it and take its USB device off, as a desktop does.")
  var powerOff = false
}

/// What letting a stick go needs of it; tests put others in its place.
protocol PartingMedium: ~Copyable {
  func flush() throws(SystemCallError) -> CacheFlush
  func eject() throws(SystemCallError) -> Bool
}

extension ApprovedTarget: PartingMedium {}

/// `--eject` and `--power-off`: lets the stick go, and keeps what came of it.
///
/// It is never the result of the run: what is proven stays proven on a stick that is not let go.
final class Parting: Sendable {
  /// What came of one of them.
  enum Outcome: Hashable {
    /// The medium is out, or the USB device is off.
    case done
    /// The drive does not know the command, or is no USB device.
    case unsupported
    /// Media of other names are in the same USB device.
    case shared([String])
    /// Not tried, for something is wrong with what is on it.
    case withheld
    /// It failed.
    case failed(SystemCallError)
  }

  /// What came of both; nil where one was not asked for, or not yet.
  struct Outcomes: Hashable {
    var ejection: Outcome?
    var powerOff: Outcome?

    /// Whether nobody needs to see the new partition table any more.
    var isGone: Bool { ejection == .done || powerOff == .done }
  }

  /// Takes the USB device off; the kernel does not give its power up where the port cannot switch it.
  typealias Removal = @Sendable () throws(SystemCallError) -> Void

  /// How the USB device can be taken off.
  private enum Way: Sendable {
    case open(Removal)
    case impossible(Outcome)
  }

  private let ejects: Bool
  /// nil where it was not asked for.
  private let way: Way?
  private let found = Mutex(Outcomes())

  /// Opens what is needed later: the process that writes opens nothing any more.
  /// - Parameter disk: the target as it is held; nil for a virtual stick.
  init(_ order: WriteOrder, _ disk: BlockDevice?, in context: Context) {
    ejects = order.ejects || order.powersOff
    way = order.powersOff ? Self.way(order, disk, in: context) : nil
  }

  /// What came of it.
  var outcomes: Outcomes { found.withLock { $0 } }

  /// Lets the stick go, last of all.
  /// - Parameter isWhole: whether all that was asked for is true of what is on it.
  func carryOut(on medium: borrowing some PartingMedium & ~Copyable, isWhole: Bool) {
    guard ejects else { return }
    var outcomes = Outcomes()
    if !isWhole {
      outcomes = Outcomes(ejection: .withheld, powerOff: way == nil ? nil : .withheld)
    } else {
      do throws(SystemCallError) {
        // Nothing is cut off that a cache may still hold.
        if way != nil { _ = try medium.flush() }
        outcomes.ejection = Self.ejected(medium)
        outcomes.powerOff = way.map(Self.taken)
      } catch {
        outcomes = Outcomes(ejection: .failed(error), powerOff: .failed(error))
      }
    }
    found.withLock { [outcomes] in $0 = outcomes }
  }

  private static func way(_ order: WriteOrder, _ disk: BlockDevice?, in context: Context) -> Way {
    guard let disk, let place = disk.usb else { return .impossible(.unsupported) }
    // A card reader of several slots is one USB device.
    let others = order.snapshot(in: context).devices.filter {
      $0.isWholeDisk && $0.number != disk.number && $0.usb?.port == place.port && $0.byteCount != 0
    }
    guard others.isEmpty else { return .impossible(.shared(others.map(\.path))) }
    do throws(SystemCallError) { return .open(try context.removal(place)) } catch {
      return .impossible(.failed(error))
    }
  }

  private static func ejected(_ medium: borrowing some PartingMedium & ~Copyable) -> Outcome {
    do throws(SystemCallError) { return try medium.eject() ? .done : .unsupported } catch {
      return .failed(error)
    }
  }

  /// A drive that would not stop is taken off all the same: its cache is empty.
  private static func taken(_ way: Way) -> Outcome {
    switch way {
    case .impossible(let outcome): return outcome
    case .open(let remove):
      do throws(SystemCallError) { try remove() } catch { return .failed(error) }
      return .done
    }
  }
}
