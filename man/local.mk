# Manual page.
dist_man8_MANS = man/vfio-wizard.8
