# Tells the version of the library that launcher.py would run, if it can.
import gi

gi.require_version("Gtk", "3.0")
gi.require_version("WebKit2", "4.1")
from gi.repository import WebKit2

major = WebKit2.get_major_version()
minor = WebKit2.get_minor_version()
micro = WebKit2.get_micro_version()
print(f"WebKitGTK {major}.{minor}.{micro}")
