# The smallest browser that can be automated and still writes the messages of its console to standard
# error: WebKit keeps those of ephemeral sessions to itself, and MiniBrowser's are ephemeral when it is
# automated. Where the bindings are missing, MiniBrowser takes its place.
import os
import sys

try:
    import gi

    gi.require_version("Gtk", "3.0")
    gi.require_version("WebKit2", "4.1")
    from gi.repository import Gtk, WebKit2
except (ImportError, ValueError):
    os.execv(sys.argv[1], [sys.argv[1], "--automation"])

folder = os.environ["TMPDIR"]
manager = WebKit2.WebsiteDataManager(
    base_data_directory=folder + "/data", base_cache_directory=folder + "/cache"
)
# Whatever the environment says: every server is on this machine.
manager.set_network_proxy_settings(WebKit2.NetworkProxyMode.NO_PROXY, None)
context = WebKit2.WebContext(website_data_manager=manager)
context.set_automation_allowed(True)
# Accept-Language would follow the locale, and be `C` without one.
context.set_preferred_languages(["en-US"])
# Scenarios are about the cookies of third parties that are sent.
context.get_cookie_manager().set_accept_policy(WebKit2.CookieAcceptPolicy.ALWAYS)
settings = WebKit2.Settings(
    enable_write_console_messages_to_stdout=True,
    javascript_can_open_windows_automatically=True,
    # There is nothing to accelerate it with, and nobody looks.
    hardware_acceleration_policy=WebKit2.HardwareAccelerationPolicy.NEVER,
)


def open_window(session):
    view = WebKit2.WebView(
        web_context=context, settings=settings, is_controlled_by_automation=True
    )
    window = Gtk.Window(default_width=640, default_height=480)
    window.add(view)
    view.connect("close", lambda view: window.destroy())
    window.show_all()
    return view


def begin(context, session):
    information = WebKit2.ApplicationInfo()
    information.set_name("WebKitGTK")
    information.set_version(
        WebKit2.get_major_version(),
        WebKit2.get_minor_version(),
        WebKit2.get_micro_version(),
    )
    session.set_application_info(information)
    session.connect("create-web-view", open_window)


context.connect("automation-started", begin)
Gtk.main()
