provider "aws" {
  alias   = "lambda_account"
  profile = var.lambda_profile
  region  = var.region
}

provider "aws" {
  alias   = "s3_account"
  profile = var.s3_profile
  region  = var.region
}

# Every input once, each with when one would use it. Two inputs suffice: see examples/basic.
module "archive" {
  source = "../.."
  providers = {
    aws.lambda_account = aws.lambda_account
    aws.s3_account     = aws.s3_account
  }

  # The function, its log group and its queue are named after this, and the roles unless they have names of their own.
  name = "archive"

  # When a third party runs the function for several customers: it must say which one it acts for.
  external_id = var.external_id

  # "decoupled" when each account is applied by its own team, in any order.
  trust_mode = "pinned"

  # When the function's account must be in one's organization, whatever its ARN says.
  organization_id = var.organization_id

  # When the trail of the bucket's account must show who wrote, in a name that no role further on can change.
  source_identity = var.source_identity

  # When policies of the bucket's account decide by who comes, as aws:PrincipalTag/team: { team = "archive" }.
  session_tags = {}

  # When the bucket has other tenants: the function can write here and nowhere else.
  key_prefixes = ["inbox/", "reports/"]

  # When the function also reads back what it wrote. `delete` hides objects, `tag` sets tags.
  permissions = { read = true, list = true, delete = false, tag = false }

  # When nothing may lie in the bucket under another key, or under none.
  deny_other_encryption = true

  # When not even administrators of the bucket's account may put objects here.
  deny_other_writers = false

  # When sessions should end soon after a role is revoked; the function then assumes it anew twice an hour.
  session_seconds = 1800

  # When one account plays both parts, in a sandbox for instance.
  allow_same_account = false

  bucket = {
    name = var.bucket

    # When uploads fail often and their parts should not be paid for.
    abort_uploads_after_days = 1

    # When overwritten versions need not be kept for good.
    noncurrent_days = 90

    # When objects need not be kept for good either.
    expire_days = 400

    # When every request must be logged by S3 itself, into a bucket that is there for it.
    access_log = var.log_bucket == null ? null : { bucket = var.log_bucket, prefix = "archive/" }

    # When the bucket may go with its objects: in a sandbox, not in production.
    force_destroy = true

    # When somebody else needs the bucket: its policy belongs to the module, so further statements come in here. Who
    # reads must also be allowed to decrypt: with "existing-key" by that key's policy; with "sse-s3" nothing more.
    policy_statements = {
      AuditorsRead = {
        effect     = "Allow"
        principals = { AWS = ["arn:${local.partition}:iam::${var.auditor_account_id}:root"] }
        actions    = ["s3:GetObject"]
        resources  = ["arn:${local.partition}:s3:::${var.bucket}/reports/*"]
        conditions = {}
      }
    }
  }

  # When nothing may be deleted for a time, not even by administrators: { mode = "COMPLIANCE", days = 30 }.
  object_lock = null

  encryption = {
    # "existing-key", with its key_arn, when there is one already; "sse-s3" when no key of one's own is asked for.
    mode    = "own-key"
    key_arn = null

    # Off when each object's use of the key must show in the trail of KMS; it then costs a call for each.
    bucket_key = true

    # When the key should be found by a name, and may go sooner than after a month.
    alias         = var.bucket
    deletion_days = 7
  }

  # When roles must have certain names, a path and a boundary, as many organizations ask of them.
  execution_role = {
    name = "archive-function"
    path = "/service/"

    # When code of one's own calls other services: { reads_orders = "arn:aws:iam::111111111111:policy/reads-orders" }.
    policy_arns = {}
  }
  execution_role_boundary = aws_iam_policy.lambda_boundary.arn

  # When nothing else may be attached to that role, not even by hand.
  execution_role_exclusive = true

  s3_role = {
    name = "archive-from-outside"
    path = "/partners/"
  }
  s3_role_boundary = aws_iam_policy.s3_boundary.arn

  function = {
    # More when objects are large or many: CPU grows with memory.
    memory  = 1024
    timeout = 120

    # When a layer or a dependency asks for another one.
    runtime      = "python3.12"
    architecture = "x86_64"

    # When a zip of one's own is to run instead of the module's writer, which this one is.
    package = "${path.module}/../../lambda/package.zip"
    handler = "cross_account_s3.handler.handler"

    # When the zip is built in the same apply, so that its hash cannot be read yet.
    package_hash = null

    # When that code is one's own: it may write by the module's library, as in examples/own-code, and need other layers
    # and variables.
    library     = false
    layers      = []
    environment = { ORDERS = aws_sqs_queue.orders.name }

    # When it must run in a VPC: an object of subnet_ids and security_group_ids. docs/vpc.md says what it must reach.
    vpc = null

    # When the environment must be encrypted with a key of one's own.
    environment_kms_key_arn = aws_kms_key.function.arn

    # When it must not take concurrency from other functions, nor they from it.
    reserved_concurrency = 5

    # When its calls are to be seen in X-Ray.
    tracing = true

    # When only signed packages may run: the package above must then be signed.
    code_signing_config_arn = var.code_signing_config_arn
  }

  failure_queue = {
    # Off when the function is only invoked directly, and answers for its failures itself.
    create         = true
    retention_days = 7

    # When failed events are to come back through a queue.
    replay = false
  }

  logs = {
    # When failures are all that one wants to read, and must be able to for two years.
    level          = "WARN"
    retention_days = 731

    # "INFREQUENT_ACCESS" when it is rarely read, and by nothing but queries.
    class = "STANDARD"

    # When the log must be encrypted with a key of one's own.
    kms_key_arn = aws_kms_key.function.arn

    # When it may go with the function: in a sandbox, not in production.
    keep = false
  }

  writer = {
    # "newer" when events may come late or twice and an older object must not replace a newer one; "keep" when keys name
    # their content, which then need not be written twice.
    on_existing = "newer"

    # When objects of several sources, or of several days, are to lie apart, and messages apart from them.
    object_key  = "{source_bucket}/{year}/{month}/{source_key}"
    message_key = "messages/{year}/{month}/{message_id}"

    # Larger, and more at once, when objects are large and memory allows: as many parts are held in it.
    part_size   = 16
    concurrency = 16
  }

  # When events come by themselves: from whom, and what the function may read for them.
  sources = {
    buckets = {
      # As "eventbridge" or "notification" when somebody tells of each new object.
      uploads = {
        name        = "${var.bucket}-uploads"
        prefixes    = ["inbox/", "reports/"]
        told_by     = "nobody"
        kms_key_arn = aws_kms_key.function.arn
      }
    }
    queues = {
      orders = { arn = aws_sqs_queue.orders.arn, holds = "messages", kms_key_arn = aws_kms_key.function.arn }
    }
    email = {
      inbound = { bucket = "${var.bucket}-mail", prefixes = ["received/"], told_by = "function" }
    }
  }

  tags = { application = "archive" }
}
