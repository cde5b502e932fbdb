import BlockIO

/// Keeps the machine from going to sleep as long as it lives, where logind does that.
///
/// `org.freedesktop.login1.Manager.Inhibit`; somebody who may ask for more than others can still send it to sleep.
public final class SleepInhibitor: Sendable {
  private let descriptor: OwnedDescriptor

  /// Nobody waits longer for an answer: a write is as good without it.
  static let patience = Duration.milliseconds(100)

  /// Asks for it; nil where nobody grants it in time.
  public convenience init?() {
    do throws(BusError) { try self.init(on: SystemBus()) } catch { return nil }
  }

  /// Asks for it on a connection.
  init(on bus: consuming SystemBus, within time: Duration = patience) throws(BusError) {
    let call = try bus.call(
      "Inhibit", of: "org.freedesktop.login1.Manager", at: "/org/freedesktop/login1",
      from: "org.freedesktop.login1")
    for argument in ["sleep:idle", "burin", "a disk is being written", "block"] { try call.append(argument) }
    descriptor = try bus.answer(to: call, within: time) { false }.descriptor()
  }
}
