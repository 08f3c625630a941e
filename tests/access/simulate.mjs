// Reads simulations as JSON on stdin, and writes what comes of each as JSON on stdout. Started where node_modules is.
import { createRequire } from 'node:module'
import { json } from 'node:stream/consumers'

const require = createRequire(`${process.cwd()}/`)
const { getDenialReasons, getGrantReasons, runSimulation } = require('@cloud-copilot/iam-simulate')

async function decide(simulation) {
  const { resultType, errors, overallResult, result } = await runSimulation(simulation, {})
  if (resultType !== 'single') return { complaint: errors ?? 'the resource holds a wildcard' }
  // A key that is not known for the action is dropped, and its conditions then decide as if it were absent.
  if (result.ignoredContextKeys.length > 0) return { complaint: { ignored: result.ignoredContextKeys } }
  const { analysis } = result
  return { result: overallResult, reasons: [...getGrantReasons(analysis), ...getDenialReasons(analysis)] }
}

const decisions = []
for (const simulation of await json(process.stdin)) decisions.push(await decide(simulation))
console.log(JSON.stringify(decisions))
