/// Why a service of the system bus did not do what it was asked to.
public enum BusError: Error, Hashable, Sendable {
  /// There is no bus, or no such service on it.
  case unavailable(String)
  /// The service, or polkit behind it, does not permit it.
  case notAuthorized(String)
  /// What it was asked to let go of is in use.
  case busy(String)
  /// It failed; the text is foreign and only ever shown.
  case failed(String)
  /// The run that wanted it is over.
  case cancelled

  /// The error that a service answered with.
  ///
  /// Names decide which words are shown, nothing else: whatever they are, there is no descriptor.
  init(name: String, message: String) {
    let text = message.isEmpty ? name : message
    switch name {
    case "org.freedesktop.DBus.Error.ServiceUnknown", "org.freedesktop.DBus.Error.NameHasNoOwner",
      "org.freedesktop.DBus.Error.UnknownMethod":
      self = .unavailable(text)
    case let name where name.hasPrefix("org.freedesktop.DBus.Error.Spawn."): self = .unavailable(text)
    case "org.freedesktop.DBus.Error.AccessDenied",
      "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired":
      self = .notAuthorized(text)
    case let name where name.hasPrefix("org.freedesktop.UDisks2.Error.NotAuthorized"):
      self = .notAuthorized(text)
    case "org.freedesktop.UDisks2.Error.DeviceBusy": self = .busy(text)
    default: self = .failed(text)
    }
  }
}
