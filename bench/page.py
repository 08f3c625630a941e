from tools.environments import ROOT
RESULTS = ROOT / "bench" / "results.json"
def write(results): pass
