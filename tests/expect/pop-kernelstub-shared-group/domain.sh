stderr: vfio-wizard: --gpu auto: no device can be given away without a closer look. 0000:01:00.0: A group goes as a whole, and the host uses 0000:02:00.0 (Ellesmere [Radeon RX 470/480/570/570X/580/580X/590]) of it. 0000:02:00.0: It shows the host's screen (screen of the firmware and the boot); that goes dark when it is given away. Connect the screen to the other card first.
stderr:   Name the device: --gpu ADDRESS
exit: 2
