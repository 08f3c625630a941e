# Where the writer puts copied objects and archived messages, as far as that is known before any of them comes: nothing
# may get the key of something else.
locals {
  # Every source with one of its prefixes.
  source_places = flatten([
    for bucket in local.source_buckets : [for prefix in bucket.prefixes : { name = bucket.name, prefix = prefix }]
  ])

  sources_are_apart = (
    can(regex("{(source_bucket|content_hash)}", var.writer.object_key)) ||
    alltrue([
      for pair in setproduct(local.source_places, local.source_places) :
      pair[0].name == pair[1].name || !startswith(pair[0].prefix, pair[1].prefix)
    ])
  )

  # How the keys of a source's objects begin: what stands before the first placeholder that is filled in by each event.
  objects_begin = [for place in local.source_places : format("%s%s",
    regex("^[^{]*", replace(var.writer.object_key, "{source_bucket}", place.name)),
    can(regex("^[^{]*{source_key}", replace(var.writer.object_key, "{source_bucket}", place.name))) ? place.prefix : ""
  )]
  messages_begin = regex("^[^{]*", var.writer.message_key)
  # A key that begins with a date begins with a digit.
  messages_begin_with_a_digit = can(regex("^{(year|month|day|hour)}", var.writer.message_key))

  archives_messages = (
    length(var.sources.rules) > 0 ||
    contains(concat(values(var.sources.queues)[*].holds, values(var.sources.topics)[*].holds), "messages")
  )
  objects_and_messages_are_apart = !local.archives_messages || alltrue([for begin in local.objects_begin : (
    local.messages_begin == ""
    ? local.messages_begin_with_a_digit && can(regex("^[^0-9]", begin))
    : !startswith(begin, local.messages_begin) && !startswith(local.messages_begin, begin)
  )])
}
