// Runs once in Firefox's own context, and ends what is asked or told about every request though it is about
// no site of ours. Where something of it cannot be ended, Firefox is slower, and nothing else.

// Add-ons that come with it, for single sites and for searches.
async function disableAddOns() {
  const { AddonManager } = ChromeUtils.importESModule("resource://gre/modules/AddonManager.sys.mjs");
  const addOns = await AddonManager.getAddonsByTypes(["extension"]);
  const own = addOns.filter((addOn) => addOn.isBuiltin && addOn.isActive);
  await Promise.allSettled(own.map((addOn) => addOn.disable({ allowSystemAddons: true })));
}

// It counts what people find with search engines, and looks at every response for that: a tenth of the
// processor time of a request.
function endSearchTelemetry() {
  const { SearchSERPTelemetry } = importFirst([
    "moz-src:///browser/components/search/SearchSERPTelemetry.sys.mjs",
    // Of older versions.
    "resource:///modules/SearchSERPTelemetry.sys.mjs",
  ]);
  // It may not have begun yet.
  SearchSERPTelemetry.init = async () => {};
  SearchSERPTelemetry.uninit();
}

function importFirst([url, ...others]) {
  try {
    return ChromeUtils.importESModule(url);
  } catch (exception) {
    if (others.length === 0) {
      throw exception;
    }
    return importFirst(others);
  }
}

return Promise.allSettled([disableAddOns, endSearchTelemetry].map(async (end) => end())).then(() => {});
