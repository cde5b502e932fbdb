import BlockIO
import DesktopBus
import DeviceSafety

extension DeviceBroker {
  /// UDisks2, which asks polkit whether this person may (R52).
  init(stopSignal: @escaping @Sendable () -> Int32?) {
    self.init { path, number, flags throws(BrokerError) in
      do throws(BusError) {
        return try DiskService.open(path, number, flags: flags) { stopSignal() != nil }
      } catch {
        switch error {
        case .unavailable(let text): throw .unavailable(text)
        case .notAuthorized(let text): throw .notAuthorized(text)
        case .failed(let text), .busy(let text): throw .failed(text)
        case .cancelled: throw .cancelled
        }
      }
    }
  }
}
