import BlockIO
import DeviceProbe
import DeviceSafety
import Synchronization
import TestSupport
import Testing

/// Counts how often the gate looks at the machine.
private final class Looks: Sendable {
  private let count = Atomic<Int>(0)

  /// The number of this look, from 1.
  func next() -> Int { count.add(1, ordering: .relaxed).newValue }
}

extension LoopDevice {
  /// Why a gate refuses the device that looks at it through a function of the number of the look.
  fileprivate func refusal(
    looking: @escaping @Sendable (_ look: Int, _ disk: inout BlockDevice) -> Void
  ) -> GateError? {
    let looks = Looks()
    let path = path
    let gate = TargetGate(lockAttempts: 1) {
      var snapshot = DeviceProbe.snapshot()
      let look = looks.next()
      for index in snapshot.devices.indices where snapshot.devices[index].path == path {
        looking(look, &snapshot.devices[index])
      }
      return snapshot
    }
    do throws(GateError) {
      _ = try gate.open(.path(path), Self.request)
      return nil
    } catch { return error }
  }
}

extension LoopDeviceTests {
  /// What the snapshot said, what the descriptor says and what the next snapshot says must be one disk.
  @Suite("The gate compares")
  struct GateComparisonTests {
    private static let size = UInt64(2 * mebibyte)

    /// A wrong word of the snapshot, and whether it is what the gate complains of.
    struct Lie: Sendable, CustomTestStringConvertible {
      let testDescription: String
      let tell: @Sendable (inout BlockDevice) -> Void
      let isNoticed: @Sendable (GateError) -> Bool
    }

    private static let lies = [
      Lie(testDescription: "another medium") {
        $0.diskSequence = 1
      } isNoticed: {
        if case .changed(.medium(1, _)) = $0 { true } else { false }
      },
      Lie(testDescription: "no word of the medium") {
        $0.diskSequence = nil
      } isNoticed: {
        if case .changed(.medium(nil, _)) = $0 { true } else { false }
      },
      Lie(testDescription: "another size") {
        $0.byteCount = size - 512
      } isNoticed: {
        $0 == .changed(.size(expected: size - 512, found: size))
      },
      Lie(testDescription: "another block size") {
        $0.logicalBlockSize = 4096
      } isNoticed: {
        $0 == .changed(.blockSize)
      },
      Lie(testDescription: "another physical block size") {
        $0.physicalBlockSize = 8192
      } isNoticed: {
        $0 == .changed(.blockSize)
      },
    ]

    @Test("R29: what differs from the snapshot in which it was chosen is not the disk", arguments: lies)
    func differsFromTheFirst(lie: Lie) throws {
      let loop = try LoopDevice(byteCount: 2 * mebibyte)
      let error = loop.refusal { look, disk in if look == 1 { lie.tell(&disk) } }
      #expect(lie.isNoticed(try #require(error)), "\(error as GateError?)")
    }

    @Test("R29: what differs from the snapshot that was taken after opening is not the disk", arguments: lies)
    func differsFromTheSecond(lie: Lie) throws {
      let loop = try LoopDevice(byteCount: 2 * mebibyte)
      let error = loop.refusal { look, disk in if look == 2 { lie.tell(&disk) } }
      #expect(lie.isNoticed(try #require(error)), "\(error as GateError?)")
    }

    @Test("R2: another serial number after opening makes it another disk")
    func anotherSerial() throws {
      let loop = try LoopDevice(byteCount: mebibyte)
      let error = loop.refusal { look, disk in disk.identity.serial = look == 1 ? "1" : "2" }
      guard case .idMismatch(let expected, let found) = error else {
        Issue.record("\(error as GateError?)")
        return
      }
      #expect(expected != found)
    }

    @Test("R15: a loop device that is attached between the first look and the open is seen")
    func attachedBeforeTheOpen() throws {
      let loop = try LoopDevice(byteCount: mebibyte)
      let attached = Mutex("")
      defer { _ = try? loop.run("losetup --detach \(attached.withLock(\.self))") }
      let gate = TargetGate(lockAttempts: 1) {
        let isFirst = attached.withLock(\.isEmpty)
        let snapshot = DeviceProbe.snapshot()
        guard isFirst else { return snapshot }
        let inner = try? loop.run("losetup --find --show --read-only $D").filter { !$0.isWhitespace }
        attached.withLock { $0 = inner ?? "none" }
        return snapshot
      }
      do throws(GateError) {
        _ = try gate.open(.path(loop.path), LoopDevice.request)
        Issue.record("the second look sees nothing")
      } catch { #expect(error.rules == ["R15"]) }
    }

    @Test("R28: a path that leads elsewhere by links is opened as the device that it was looked up as")
    func linked() throws {
      let loop = try LoopDevice(byteCount: mebibyte)
      try loop.run("ln -s $D link; mknod node b $(stat --format='0x%t 0x%T' $D)")
      for name in ["link", "node"] {
        let pending = try LoopDevice.gate().open(.path("\(loop.scratch.path)/\(name)"), LoopDevice.request)
        #expect(pending.identity.path == loop.path)
      }
    }
  }
}
