import BlockIO
import DeviceProbe
import Glibc
import ImageSource
import SystemPackage
import TestSupport
import Testing

@testable import DeviceSafety
@testable import Writer

/// What a broker is asked for, and how often.
private final class Broker: Sendable {
  /// Opens the path with the flags, changed as a test wants them.
  static func opening(
    _ path: String? = nil, _ change: @escaping @Sendable (Int32) -> Int32 = { $0 | O_RDWR }
  ) -> DeviceBroker {
    DeviceBroker { asked, _, flags throws(BrokerError) in
      let opened = unsafe Glibc.open(path ?? asked, change(flags))
      guard opened >= 0 else { throw .failed("errno \(errno)") }
      return OwnedDescriptor(adopting: opened)
    }
  }

  static func refusing(_ error: BrokerError) -> DeviceBroker {
    DeviceBroker { _, _, _ throws(BrokerError) in throw error }
  }
}

extension LoopDevice {
  /// A gate to which the kernel answers as to somebody who is not root.
  fileprivate static func gate(_ broker: DeviceBroker?, errno: Errno = .permissionDenied) -> TargetGate {
    var gate = TargetGate(lockAttempts: 2, broker: broker) { DeviceProbe.snapshot(anchors: []) }
    gate.claim = { path throws(SystemCallError) in
      throw SystemCallError(call: "open", errno: errno, path: path)
    }
    return gate
  }

  /// Why a gate refuses the device; nil where it does not.
  fileprivate func refusal(by gate: TargetGate) -> GateError? {
    do throws(GateError) {
      _ = try gate.open(.path(path), Self.request)
      return nil
    } catch { return error }
  }
}

extension LoopDeviceTests {
  /// A descriptor that somebody else has opened goes through the same gate.
  @Suite("R52: a broker")
  struct BrokerTests {
    @Test("opens the disk as exclusively and as directly, and what could not be checked is told")
    func write() async throws {
      let loop = try LoopDevice(byteCount: 8 * mebibyte, fill: 0xEE)
      try loop.partition()
      let image = [UInt8].random(3 * mebibyte + 5, seed: 52)
      try loop.scratch.write(image, to: "image")
      let pending = try LoopDevice.gate(Broker.opening()).open(.path(loop.path), LoopDevice.request)
      #expect(pending.impossible == ImpossibleCheck.allCases)
      #expect(try loop.partitionNodes() == "12", "only root can take them away")
      #expect(pending.contents?.table == .mbr && pending.contents?.partitions.count == 2, "R28: it is read")
      #expect(try !pending.staleSignatures().isEmpty)
      let another = unsafe Glibc.open(loop.path, O_RDONLY | O_EXCL | O_CLOEXEC)
      #expect(another < 0 && errno == EBUSY, "it is held exclusively")
      if another >= 0 { _ = Glibc.close(another) }
      let plan = try WritePlan(
        imageLength: .exact(UInt64(image.count)), geometry: pending.identity.geometry, staleSignatures: [],
        digest: .sha256)
      let id = pending.consent.id
      let target = try pending.approve(confirming: .typed(id: id))
      let source = try RawImage(opening: loop.scratch.path + "/image", acceptsDevice: false)
      let report = try await ImageWriter.write(source, plan: plan, to: target, progress: ProgressMeter())
      #expect(report.imageByteCount == UInt64(image.count))
      #expect(try loop.contents().holds(image))
    }

    @Test("R51: is believed nothing: what it gives is compared with what was asked for")
    func strangers() throws {
      let loop = try LoopDevice(byteCount: 8 * mebibyte)
      let other = try LoopDevice(byteCount: 8 * mebibyte)
      let wrong: [(String, DeviceBroker, GateError)] = [
        ("read-only", Broker.opening { $0 | O_RDONLY }, .broker(.notAsAsked)),
        ("through the cache", Broker.opening { _ in O_RDWR | O_EXCL | O_CLOEXEC }, .broker(.notAsAsked)),
        ("inherited", Broker.opening { ($0 | O_RDWR) & ~O_CLOEXEC }, .broker(.notAsAsked)),
        ("another disk", Broker.opening(other.path), .changed(.device)),
        ("no disk", Broker.opening(loop.scratch.path + "/medium"), .changed(.device)),
      ]
      for (name, broker, error) in wrong {
        #expect(loop.refusal(by: LoopDevice.gate(broker)) == error, "\(name)")
      }
      #expect(try loop.contents().holds(only: 0, in: 0..<(8 * mebibyte)))
    }

    @Test("that refuses ends it")
    func refusals() throws {
      let loop = try LoopDevice(byteCount: mebibyte)
      for error in [
        BrokerError.unavailable("x"), .notAuthorized("x"), .failed("x"), .notAsAsked, .cancelled,
      ] {
        #expect(loop.refusal(by: LoopDevice.gate(Broker.refusing(error))) == .broker(error))
      }
    }

    @Test("R27: is asked only where a permission is missing, never where the disk is busy")
    func onlyPermission() throws {
      let loop = try LoopDevice(byteCount: mebibyte)
      #expect(loop.refusal(by: LoopDevice.gate(Broker.opening(), errno: .notPermitted)) == nil)
      for errno in [Errno.resourceBusy, .ioError, .readOnlyFileSystem] {
        #expect(loop.refusal(by: LoopDevice.gate(Broker.opening(), errno: errno)) != nil, "\(errno)")
      }
      let denied = SystemCallError(call: "open", errno: .permissionDenied, path: loop.path)
      #expect(loop.refusal(by: LoopDevice.gate(nil)) == .permission(denied))
    }

    @Test("that fails because the disk is in use: by what is told, as far as it shows")
    func inUse() throws {
      let loop = try LoopDevice(byteCount: 8 * mebibyte)
      try loop.run("mkfs.ext4 $whole $D && mkdir mnt && mount $D mnt")
      let refused = loop.refusal(by: LoopDevice.gate(Broker.refusing(.failed("busy"))))
      guard case .refused = refused else {
        Issue.record("\(String(describing: refused))")
        return
      }
    }
  }
}
