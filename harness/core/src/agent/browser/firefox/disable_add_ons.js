// Runs once in Firefox's own context. Some add-ons that come with it, for single sites and for searches, are
// asked about every request; none is about a site of ours.
async function disableAddOns() {
  const { AddonManager } = ChromeUtils.importESModule("resource://gre/modules/AddonManager.sys.mjs");
  const addOns = await AddonManager.getAddonsByTypes(["extension"]);
  const own = addOns.filter((addOn) => addOn.isBuiltin && addOn.isActive);
  await Promise.allSettled(own.map((addOn) => addOn.disable({ allowSystemAddons: true })));
}

// With them it is slower, and nothing else.
return disableAddOns().catch(() => {});
