stderr: vfio-wizard: --gpu auto: no device can be given away without a closer look. 0000:00:02.0: It shows the host's screen (screen of the firmware and the boot), and no other graphics card can.
stderr:   Name the device: --gpu ADDRESS
exit: 2
