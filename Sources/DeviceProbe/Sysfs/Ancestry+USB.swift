import BlockIO

extension Ancestry {
  /// The USB device above, where there is one, whatever stands between: SCSI, a card reader's MMC host.
  var usbPlace: USBPlace? {
    guard let device = usbDevice, let port = device.split(separator: "/").last else { return nil }
    var place = USBPlace(port: String(port))
    // Hostile values stay out: the kernel prints 1.5 to 80000.
    place.speed = tree.attribute("speed", of: device).flatMap { Double($0) }.flatMap {
      $0.isFinite && $0 > 0 ? $0 : nil
    }
    place.version = text("version", of: device)
    place.vendorID = text("idVendor", of: device)
    place.productID = text("idProduct", of: device)
    place.removable = text("removable", of: device)
    // The interface lies between the device and the disk, and its driver moves the data.
    place.driver = ancestors.last { $0.subsystem == "usb" && $0.path.hasPrefix(device + "/") }
      .flatMap { tree.linkName("driver", of: $0.path) }
    return place
  }

  /// The directory of that USB device; its interfaces have the same subsystem but no `idVendor`.
  var usbDevice: String? {
    ancestors.first { $0.subsystem == "usb" && tree.exists("idVendor", of: $0.path) }?.path
  }

  /// An attribute without blanks and zero bytes around it; nil if nothing is left.
  func text(_ name: String, of directory: String) -> String? {
    tree.attribute(name, of: directory).flatMap { $0.trimmed }
  }
}

extension String {
  /// The text without blanks, line ends and zero bytes around it; nil if nothing is left.
  var trimmed: String? {
    let isBlank = { (scalar: Unicode.Scalar) in scalar.value <= 0x20 }
    let scalars = unicodeScalars.drop(while: isBlank)
    guard let end = scalars.lastIndex(where: { !isBlank($0) }) else { return nil }
    return String(scalars[...end])
  }
}
