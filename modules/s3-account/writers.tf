locals {
  role_names = { for key, writer in var.writers : key =>
    join("-", compact([coalesce(var.s3_role.name, "${var.name}-s3-writer"), key == "default" ? "" : key]))
  }
  role_arns = { for key, name in local.role_names : key =>
    "arn:${local.partition}:iam::${local.account_id}:role${var.s3_role.path}${name}"
  }

  writer_arns = { for key, writer in var.writers : key => coalesce(writer.function_arn, writer.role_arn) }

  # Pinned: exactly this role; AWS stores its unique id. Decoupled: the account, and of it whoever has this ARN, so that
  # the role may be made later, or anew. Never "*" with the ARN: boundaries do not limit what that grants.
  trusted_principals = { for key, writer in var.writers : key => {
    pinned    = writer.role_arn
    decoupled = "arn:${local.partition}:iam::${split(":", writer.role_arn)[4]}:root"
  }[writer.trust_mode] }

  # All conditions stand on the one statement that lets somebody assume: statements are ORed, so a second one could only
  # widen.
  # To set a source identity, or tags, has a statement of its own, which lets nobody assume: AWS documents
  # sts:ExternalId for sts:AssumeRole only, and sts:SourceIdentity not for sts:TagSession.
  trust_statements = { for key, writer in var.writers : key => {
    WriterAssumesThisRole = {
      when            = true
      action          = "sts:AssumeRole"
      external_id     = writer.external_id
      source_identity = writer.source_identity
      tags            = local.request_tags[key]
      tag_names       = []
    }
    WriterSaysWhoItIs = {
      when            = writer.source_identity != null
      action          = "sts:SetSourceIdentity"
      external_id     = null
      source_identity = writer.source_identity
      tags            = {}
      tag_names       = []
    }
    WriterTagsItsSession = {
      when            = length(writer.session_tags) > 0
      action          = "sts:TagSession"
      external_id     = null
      source_identity = null
      tags            = local.request_tags[key]
      tag_names       = keys(writer.session_tags)
    }
  } }

  request_tags = { for key, writer in var.writers : key => {
    for name, value in writer.session_tags : "aws:RequestTag/${name}" => value
  } }

  trust_equals = { for key, writer in var.writers : key => {
    for sid, statement in local.trust_statements[key] : sid => merge(
      statement.external_id == null ? {} : { "sts:ExternalId" = statement.external_id },
      writer.organization_id == null ? {} : { "aws:PrincipalOrgID" = writer.organization_id },
      statement.source_identity == null ? {} : { "sts:SourceIdentity" = statement.source_identity },
      statement.tags,
    )
  } }

  trust_conditions = { for key, writer in var.writers : key => {
    for sid, equals in local.trust_equals[key] : sid => merge(
      length(equals) == 0 ? {} : { StringEquals = equals },
      writer.trust_mode == "pinned" ? {} : { ArnEquals = { "aws:PrincipalArn" = writer.role_arn } },
      length(local.trust_statements[key][sid].tag_names) == 0 ? {} : {
        "ForAllValues:StringEquals" = { "aws:TagKeys" = local.trust_statements[key][sid].tag_names }
      },
    )
  } }

  trust_policies = { for key, statements in local.trust_statements : key => jsonencode({
    Version = "2012-10-17"
    Statement = [for sid, statement in statements : merge(
      {
        Sid       = sid
        Effect    = "Allow"
        Principal = { AWS = local.trusted_principals[key] }
        Action    = statement.action
      },
      length(local.trust_conditions[key][sid]) > 0 ? { Condition = local.trust_conditions[key][sid] } : {},
    ) if statement.when]
  }) }

  objects = { for key, writer in var.writers : key => [
    for prefix in writer.key_prefixes : "${local.bucket_arn}/${prefix}*"
  ] }

  # Against a bucket of this name in another account, should this one be deleted.
  in_this_account = { "s3:ResourceAccount" = local.account_id }

  # Without `delete` and with versioning, what is overwritten is kept. DeleteObject only hides: it is not
  # DeleteObjectVersion.
  write_statements = { for key, writer in var.writers : key => {
    WriteBelowItsPrefixes = {
      when = true
      body = {
        Action    = ["s3:PutObject", "s3:AbortMultipartUpload"]
        Resource  = local.objects[key]
        Condition = { StringEquals = local.in_this_account }
      }
    }
    ReadBelowItsPrefixes = {
      when = writer.permissions.read
      body = {
        Action    = ["s3:GetObject"]
        Resource  = local.objects[key]
        Condition = { StringEquals = local.in_this_account }
      }
    }
    # Without it S3 answers 403 for a key that is not there, as for one that may not be read.
    ListItsPrefixes = {
      when = writer.permissions.list
      body = {
        Action   = ["s3:ListBucket"]
        Resource = [local.bucket_arn]
        Condition = merge(
          { StringEquals = local.in_this_account },
          # A listing of the whole bucket has no prefix to compare.
          contains(writer.key_prefixes, "") ? {} : {
            StringLike = { "s3:prefix" = [for prefix in writer.key_prefixes : "${prefix}*"] }
          },
        )
      }
    }
    DeleteBelowItsPrefixes = {
      when = writer.permissions.delete
      body = {
        Action    = ["s3:DeleteObject"]
        Resource  = local.objects[key]
        Condition = { StringEquals = local.in_this_account }
      }
    }
    TagBelowItsPrefixes = {
      when = writer.permissions.tag
      body = {
        Action    = ["s3:PutObjectTagging"]
        Resource  = local.objects[key]
        Condition = { StringEquals = local.in_this_account }
      }
    }
  } }

  write_policies = { for key, statements in local.write_statements : key => jsonencode({
    Version = "2012-10-17"
    Statement = [
      for sid, statement in statements : merge({ Sid = sid, Effect = "Allow" }, statement.body) if statement.when
    ]
  }) }

  # What S3 encrypts under: the bucket with a bucket key, else the object. Who reads meets objects from before the
  # bucket key was switched on or off. So does who writes to a bucket that somebody else may change.
  encryption_context = { for key, writer in var.writers : key => concat(
    var.encryption.bucket_key || writer.permissions.read || !var.bucket.create ? [local.bucket_arn] : [],
    !var.encryption.bucket_key || writer.permissions.read || !var.bucket.create ? local.objects[key] : [],
  ) }

  usable_key_arns = distinct(concat(local.uses_kms ? [local.key_arn] : [], var.encryption.earlier_key_arns))
  needs_kms       = local.uses_kms || length(var.encryption.earlier_key_arns) > 0

  # Apart from the write policy: the ARN of a key that does not exist yet would hide that policy from the first plan.
  kms_policies = { for key, writer in var.writers : key => jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid    = "EncryptThroughS3"
      Effect = "Allow"
      # S3 decrypts the parts of a multipart upload when it puts them together.
      Action   = ["kms:GenerateDataKey", "kms:Decrypt"]
      Resource = local.usable_key_arns
      Condition = {
        StringEquals = { "kms:ViaService" = data.aws_service.s3.dns_name }
        StringLike   = { "kms:EncryptionContext:aws:s3:arn" = local.encryption_context[key] }
      }
    }]
  }) if local.needs_kms }

  # What the writer's own role needs in its account. Bound to the function, where there is one: then credentials of this
  # role from elsewhere call no STS at all. The Lambda side of this module has the same for its own function.
  assume_statements = { for key, writer in var.writers : key => {
    ThisFunctionAssumesItsDestinations = {
      when = true
      body = {
        Effect   = "Allow"
        Action   = "sts:AssumeRole"
        Resource = [local.role_arns[key]]
        Condition = writer.function_arn == null ? {} : {
          ArnEquals = { "lambda:SourceFunctionArn" = writer.function_arn }
        }
      }
    }
    DenyStsToOthers = {
      when = writer.function_arn != null
      body = {
        Effect    = "Deny"
        Action    = "sts:*"
        Resource  = "*"
        Condition = { ArnNotEquals = { "lambda:SourceFunctionArn" = writer.function_arn } }
      }
    }
    ThisFunctionSaysWhoItIs = {
      when = writer.source_identity != null
      body = {
        Effect   = "Allow"
        Action   = "sts:SetSourceIdentity"
        Resource = [local.role_arns[key]]
        Condition = merge(
          { StringEquals = { "sts:SourceIdentity" = [writer.source_identity] } },
          writer.function_arn == null ? {} : { ArnEquals = { "lambda:SourceFunctionArn" = writer.function_arn } },
        )
      }
    }
    ThisFunctionTagsItsSessions = {
      when = length(writer.session_tags) > 0
      body = {
        Effect   = "Allow"
        Action   = "sts:TagSession"
        Resource = [local.role_arns[key]]
        Condition = merge(
          {
            StringEquals                = local.request_tags[key]
            "ForAllValues:StringEquals" = { "aws:TagKeys" = keys(writer.session_tags) }
          },
          writer.function_arn == null ? {} : { ArnEquals = { "lambda:SourceFunctionArn" = writer.function_arn } },
        )
      }
    }
  } }
  assume_policies = { for key, statements in local.assume_statements : key => jsonencode({
    Version = "2012-10-17"
    Statement = [
      for sid, statement in statements : merge(
        { Sid = sid },
        { for name, value in statement.body : name => value if name != "Condition" || length(value) > 0 },
      ) if statement.when
    ]
  }) }

  two_causes = "Either the two provider aliases are mixed up, or the provider's assume_role was not known when this was planned: then the provider plans with its base credentials. Apply what its role depends on first."
}

# A trust policy stores its principal by unique id: when the writer's role is made anew under its old name, the ARN
# reads the same and AWS stops honoring the trust. The id makes the role below be made anew in the same apply. The trust
# mode has no part in it: a changed trust policy is updated in place.
resource "terraform_data" "writer_identity" {
  for_each = var.writers

  input = each.value.unique_id
}

resource "aws_iam_role" "writer" {
  #checkov:skip=CKV_AWS_61:A decoupled trust names the account, and the one role of it by aws:PrincipalArn; this check does not read conditions
  for_each = var.writers

  name                 = local.role_names[each.key]
  path                 = var.s3_role.path
  description          = "Writes to the bucket ${var.bucket.name} for ${local.writer_arns[each.key]}"
  assume_role_policy   = local.trust_policies[each.key]
  permissions_boundary = var.s3_role_boundary
  # A policy that somebody else has attached must not stop the role from being made anew.
  force_detach_policies = true
  tags                  = var.tags

  lifecycle {
    replace_triggered_by = [terraform_data.writer_identity[each.key]]

    postcondition {
      condition     = self.arn == local.role_arns[each.key]
      error_message = "The role was made as ${self.arn}, not as ${local.role_arns[each.key]}. ${local.two_causes}"
    }

    precondition {
      condition     = each.value.trust_mode == "decoupled" || each.value.unique_id != null
      error_message = "writers: unique_id must be given with trust_mode = \"pinned\": it tells when the execution role was made anew. The output writer of the Lambda side has it."
    }

    precondition {
      condition     = length(local.write_policies[each.key]) <= 9000
      error_message = "writers: the policy of ${local.role_names[each.key]} has ${length(local.write_policies[each.key])} characters, and IAM takes 10,240 for all inline policies of a role: give fewer or shorter key_prefixes."
    }

    precondition {
      condition = (
        var.s3_role_boundary == null ? true : contains([local.account_id, "aws"], split(":", var.s3_role_boundary)[4])
      )
      error_message = "s3_role_boundary must be a policy of the S3 account, ${local.account_id}, or of AWS itself: IAM takes no other for a role there."
    }

    precondition {
      condition     = var.allow_same_account || split(":", each.value.role_arn)[4] != local.account_id
      error_message = "The function's account and the bucket's are the same, ${local.account_id}: give the aws.s3_account provider credentials of the bucket's account. If its assume_role is not known yet, apply that first. To have both in one account, set allow_same_account = true."
    }

    precondition {
      condition     = split(":", each.value.role_arn)[1] == local.partition
      error_message = "The function's account is in the partition ${split(":", each.value.role_arn)[1]} and the bucket's in ${local.partition}: no role can be assumed across partitions, so give both providers regions of one partition."
    }

    precondition {
      condition     = length(local.role_names[each.key]) <= 64
      error_message = "The role name ${local.role_names[each.key]} is longer than 64 characters: shorten s3_role.name or the writer's key."
    }
  }
}

# `.id`, not `.name`: it is unknown when the role is replaced, so the policies are replaced with it and not lost.
resource "aws_iam_role_policy" "write" {
  for_each = var.writers

  name   = "write"
  role   = aws_iam_role.writer[each.key].id
  policy = local.write_policies[each.key]
}

resource "aws_iam_role_policy" "kms" {
  for_each = local.needs_kms ? var.writers : {}

  name   = "kms"
  role   = aws_iam_role.writer[each.key].id
  policy = local.kms_policies[each.key]
}

# A policy that somebody else has put on the role would let the writer do more than the reviewed policies say, and no
# plan would show it: the plan after that takes it away. Only after the bucket has turned to its encryption, because a
# change of that may end a policy.
resource "aws_iam_role_policies_exclusive" "writer" {
  for_each = var.writers

  role_name    = aws_iam_role.writer[each.key].id
  policy_names = compact([aws_iam_role_policy.write[each.key].name, try(aws_iam_role_policy.kms[each.key].name, "")])

  depends_on = [aws_s3_bucket_server_side_encryption_configuration.this]
}

resource "aws_iam_role_policy_attachments_exclusive" "writer" {
  for_each = var.writers

  role_name   = aws_iam_role.writer[each.key].id
  policy_arns = []
}
