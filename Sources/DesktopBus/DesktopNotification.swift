/// A message that a desktop shows to whoever sits there, by `org.freedesktop.Notifications`.
///
/// The protocol is that of the Desktop Notifications Specification 1.2.
public enum DesktopNotification {
  private static let service = "org.freedesktop.Notifications"
  /// A desktop that does not answer within this time shows nothing.
  static let patience = Duration.seconds(2)

  /// Shows a message on the desktop of the user that this process runs as.
  ///
  /// The bus is that which logind keeps for a user; a variable could name anybody's.
  /// - Parameters:
  ///   - user: the user's number, which has to be this process's own.
  ///   - summary: what has happened, in a few words.
  ///   - body: more of it.
  public static func show(to user: UInt32, summary: String, body: String) throws(BusError) {
    try show(summary: summary, body: body, on: SystemBus(ofUser: user))
  }

  static func show(
    summary: String, body: String, on bus: consuming SystemBus, within time: Duration = patience
  ) throws(BusError) {
    let call = try bus.call(
      "Notify", of: service, at: "/org/freedesktop/Notifications", from: service)
    try call.append("burin")
    // It replaces no other message.
    try call.append(UInt32(0))
    for text in ["drive-removable-media-usb", summary, escaped(body)] { try call.append(text) }
    try call.appendNoTexts()
    try call.appendOptions(texts: ["category": "transfer"])
    // How long it is shown is for the desktop to say.
    try call.append(Int32(-1))
    _ = try bus.answer(to: call, within: time) { false }
  }

  /// Desktops take the body for markup, with links in it.
  static func escaped(_ text: String) -> String {
    text.map { character in
      switch character {
      case "&": "&amp;"
      case "<": "&lt;"
      case ">": "&gt;"
      default: String(character)
      }
    }.joined()
  }
}
