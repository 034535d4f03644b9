# The program itself; listed once every floor below it is there.
